"""Request and response models of quarterly submissions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.intake.rules.quarters import Severity, Subject, SubmissionStatus
from shared.audiences import Handler
from shared.contracts.library import DistrictCode, Quarter
from shared.text import Paragraph


class QuarterOpening(BaseModel):
    """Quarter to open."""

    district: DistrictCode = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    quarter: Quarter = Field(title="季度", description="如 2026Q3")


class ReopeningReason(BaseModel):
    """Reason of a reopening."""

    reason: Paragraph = Field(title="理由")


class QuarterFinding(BaseModel):
    """Fault found in some rows: an error prevents certification, a warning does not. At most 200 rows are listed."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(title="问题代码")
    severity: Severity = Field(title="严重程度", description="error 须改正后方可审定；warning 提示")
    subject: Subject = Field(title="对象", description="quarter 季度；resource 资源台账；library_entry 储备库")
    message: str = Field(title="问题说明")
    count: int = Field(title="涉及行数")
    external_ids: tuple[str, ...] = Field(title="涉及的记录编号", description="最多列 200 个")


class QuarterSubmissionOut(BaseModel):
    """State of one submission."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="UUID")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    quarter: str = Field(title="季度", description="如 2026Q3")
    submission_no: int = Field(title="第几次报送", description="从 1 起；重新开启后加 1")
    status: SubmissionStatus = Field(title="报送状态", description="open 填报中；prepared 待审定；certified 已审定报送")
    due_on: date = Field(title="报送期限", description="日期，如 2024-04-15")
    overdue: bool = Field(False, title="是否已逾期")
    opened_at: datetime = Field(title="开启时间", description="RFC 3339，带时区")
    opened_by: Handler = Field(title="开启人")
    reopen_reason: str | None = Field(title="重新开启理由")
    prepared_at: datetime | None = Field(title="提请时间", description="RFC 3339，带时区")
    prepared_by: Handler = Field(title="提请人")
    certified_at: datetime | None = Field(title="审定时间", description="RFC 3339，带时区")
    certified_by: Handler = Field(title="审定人")
    late: bool | None = Field(title="是否逾期完成")
    resource_count: int | None = Field(title="报送资源数")
    library_count: int | None = Field(title="报送储备项目数")
    snapshot_sha256: str | None = Field(title="快照 SHA-256", description="十六进制")


class CheckedSubmission(QuarterSubmissionOut):
    """Submission with the findings on its current rows."""

    findings: list[QuarterFinding] = Field(title="检查结果")
    can_certify: bool = Field(title="是否可以审定")


class SnapshotLine(BaseModel):
    """Row of a certified quarter: its version, and the SHA-256 of its facts."""

    id: UUID = Field(title="标识", description="UUID")
    external_id: str = Field(title="区系统记录编号")
    version: int = Field(title="版本号", description="从 1 起，每次变动加 1")
    quarter: str = Field(title="季度", description="如 2026Q3")
    sha256: str = Field(title="内容 SHA-256", description="十六进制")
    row: dict[str, Any] | None = Field(
        None, title="全部内容", description="同 ResourceRow 或 LibraryRow；仅在 rows=true 时给出"
    )


class SnapshotOut(BaseModel):
    """Certified rows. `snapshot_sha256` is computed over the canonical JSON of the rest, without `row`."""

    submission_id: UUID = Field(title="报送标识", description="UUID")
    submission_no: int = Field(title="第几次报送")
    snapshot_sha256: str = Field(title="快照 SHA-256", description="对其余内容（不含 row）的规范 JSON 计算")
    district: str = Field(title="所在区", description="GB/T 2260 代码；北京经济技术开发区为 BDA")
    quarter: str = Field(title="季度", description="如 2026Q3")
    resources: list[SnapshotLine] = Field(title="资源台账记录")
    library_entries: list[SnapshotLine] = Field(title="储备库记录")
