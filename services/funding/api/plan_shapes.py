"""Bodies and answers of investment plans (投资计划). 三（二）, 政府投资条例 art. 16"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from services.funding.api.budgets import Year
from services.funding.api.shapes import DATE, TIME, YUAN, Shape, Yuan
from services.funding.rules.code_lists import PlanItemStatus, PlanStatus
from shared.contracts.library import SupportMode
from shared.days import PlannedDay
from shared.money import Money
from shared.text import Line, Paragraph

ContentAndScale = Annotated[Paragraph, Field(description="建设内容和规模，如改造面积、主要工程")]
YearInvestment = Annotated[Yuan, Field(description=f"本年度计划完成的投资，{YUAN}，大于零，不得超过总投资")]
FundSource = Annotated[Line, Field(description="写明各渠道，如市级政府投资、区级资金、银行贷款、自筹及金额")]


def _stated(period: str | None) -> str:
    return period or "未载明"


class NewPlanItem(BaseModel):
    """Project of the batch with the fields of 政府投资条例 art. 16; name and total investment are the application's."""

    application_id: UUID = Field(title="资金申请编号", description="须为已批复、未列入其他计划的项目")
    content_and_scale: ContentAndScale | None = Field(
        None, title="建设内容及规模", description="不填则由核定的项目组成生成，组成缺少改造面积时须填写"
    )
    construction_starts_on: PlannedDay = Field(title="建设工期起", description=DATE)
    construction_ends_on: PlannedDay = Field(title="建设工期止", description=f"{DATE}，不得早于建设工期起")
    year_investment_yuan: YearInvestment = Field(title="年度投资额")
    fund_source: FundSource = Field(title="资金来源")


class NewPlan(BaseModel):
    """Batch of a year's investment plan."""

    year: Year
    batch: int = Field(title="批次", description="同一年度内已下达的批次不得重复", ge=1, le=99)
    title: Line | None = Field(None, title="计划名称", description="不填则为“某年第某批投资计划”")
    items: list[NewPlanItem] = Field(title="项目", min_length=1, max_length=200)


class PlanItemOut(Shape):
    """Project of a plan with the fields of 政府投资条例 art. 16."""

    application_id: UUID = Field(title="资金申请编号")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    status: PlanItemStatus = Field(title="状态")
    project_name: str = Field(title="项目名称")
    content_and_scale: str = Field(title="建设内容及规模")
    construction_period: Annotated[str, BeforeValidator(_stated)] = Field(
        title="建设工期", description="早期计划未载明的写“未载明”"
    )
    total_investment_yuan: Money = Field(title="总投资", description=YUAN)
    year_investment_yuan: Money = Field(title="年度投资额", description=YUAN)
    fund_source: str = Field(title="资金来源")
    mode: SupportMode = Field(title="支持方式")
    amount_yuan: Money = Field(title="安排金额", description=YUAN)
    completed_decision: str | None = Field(title="已完工项目保留或剔除的理由")
    number: int = Field(title="版本", description="同一计划内的第几版，最后一版有效")
    change_id: UUID | None = Field(title="计划调整编号", description="形成本版的调整文件；首版为空")


class PlanItemRow(PlanItemOut):
    """Project of a plan, with the plan's id."""

    id: UUID = Field(title="计划项目编号")
    plan_id: UUID = Field(title="投资计划编号")
    year: int = Field(title="年度")


class PlanSummary(Shape):
    """Batch without its projects; its number is simulated."""

    id: UUID = Field(title="投资计划编号")
    year: int = Field(title="年度")
    batch: int = Field(title="批次")
    plan_no: str | None = Field(title="计划文号", description="下达后填写")
    title: str = Field(title="计划名称")
    status: PlanStatus = Field(title="计划状态")
    total_yuan: Money = Field(title="合计金额", description=YUAN)
    drafted_by: str = Field(title="编制人")
    drafted_at: datetime = Field(title="编制时间", description=TIME)
    issued_by: str | None = Field(title="下达人")
    issued_on: date | None = Field(title="下达日期", description=DATE)
    clause: str = Field("三（二）", title="依据条款")


class PlanOut(PlanSummary):
    """Batch with its projects."""

    items: list[PlanItemOut] = Field(default_factory=list, title="项目")
