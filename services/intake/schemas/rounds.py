"""Parts of a submission as filed, for the answers about rounds. 三（一）"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.library import OperationMode
from shared.money import Money, Ratio


class ChangeOut(BaseModel):
    """Value before and after a change, by JSON pointer."""

    model_config = ConfigDict(from_attributes=True)

    pointer: str = Field(title="字段", description="JSON Pointer")
    before: Any = Field(title="变动前", description="原值，类型随字段；此前没有时为空")
    after: Any = Field(title="变动后", description="新值，类型随字段；已删去时为空")


class StatedOut(BaseModel):
    """Fields that the applicant stated besides the facts."""

    project_name: str = Field(title="项目名称")
    project_code: str | None = Field(title="项目代码", description="如 2401-110105-04-01-000001")
    address: str | None = Field(title="项目地址")
    applicant_name: str = Field(title="项目单位")
    library_entry_id: UUID | None = Field(title="储备库项目标识", description="UUID")
    operation_mode: OperationMode | None = Field(title="实施方式")
    loan_bank: str | None = Field(title="贷款银行")
    loan_amount_yuan: Money | None = Field(title="贷款金额", description="单位：元")
    loan_term_months: int | None = Field(title="贷款期限", description="单位：月")
    loan_annual_rate: Ratio | None = Field(title="贷款年利率", description="小数，如 0.0345 表示 3.45%")


class RoundMaterial(BaseModel):
    """Material as it stood at submission."""

    id: UUID = Field(title="材料标识", description="UUID")
    kind: str = Field(title="材料代码", description="材料清单中的 code")
    filename: str = Field(title="文件名")
    media_type: str = Field(title="文件类型")
    sha256: str = Field(title="内容摘要", description="SHA-256，64 位十六进制")
    size_bytes: int = Field(title="文件大小", description="单位：字节")


class RoundUndertaking(BaseModel):
    """Undertaking that covered the submission."""

    version: str | None = Field(title="承诺书版本")
    by: str | None = Field(title="承诺人账号")
    at: datetime | None = Field(title="承诺时间", description="RFC 3339，带时区")
