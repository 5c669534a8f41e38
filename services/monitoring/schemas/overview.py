"""Bodies of the overview endpoints (四（一）3)."""

from pydantic import BaseModel, ConfigDict, Field

from shared.money import Money, SignedMoney


class DistrictOverviewOut(BaseModel):
    """Totals of one district's funded projects; amounts in yuan, the rest are counts."""

    model_config = ConfigDict(from_attributes=True)

    district: str = Field(title="所属区", description="区代码，如 110105；市级记录为 110000")
    files: int = Field(title="项目数", description="个")
    under_way: int = Field(title="实施中", description="个")
    delivered: int = Field(title="已交付", description="个")
    evaluated: int = Field(title="已评价", description="个")
    evaluations_upcoming: int = Field(title="评价即将到期", description="个")
    evaluations_overdue: int = Field(title="评价逾期", description="个")
    held: int = Field(title="暂停拨付", description="个")
    released_yuan: Money = Field(title="累计已拨付", description="元，两位小数")
    kept_yuan: SignedMoney = Field(title="留用金额", description="已拨付减退回和追回到账，元，两位小数")
    overdue_quarters: int = Field(title="季报逾期", description="份")
    open_findings: int = Field(title="未销号问题", description="个")
    grave_findings: int = Field(title="严重问题", description="个")
    open_reading_findings: int = Field(title="未处理监测异常", description="个")
