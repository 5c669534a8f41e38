"""Bodies of the dry run endpoints (二)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.schemas.assessments import AssessmentDecisionOut, SupportAmountOut
from shared.contracts.facts import Component, ProjectFacts
from shared.contracts.library import DistrictCode
from shared.days import ProcedureDay
from shared.money import Money, Ratio


class LoanIn(BaseModel):
    """A planned loan, for an estimate of the interest subsidy."""

    model_config = ConfigDict(extra="forbid")

    principal_yuan: Money = Field(title="贷款本金（元）")
    rate: Ratio = Field(title="合同年利率", description="小数，如 0.0345")
    years: Annotated[int, Field(title="原期限（年）", ge=1, le=40)]


class TriedComponent(Component):
    """A component, with what a district settles about it in a case: a dry run may assume it."""

    other_cause_accepted: bool | None = Field(None, title="其他停产原因经认可", description="由区认定；试算可以假定")


class TriedFacts(ProjectFacts):
    """Facts of a project, with what officials and experts settle in a case: a dry run may assume it."""

    key_area: bool | None = Field(None, title="位于重点区域", description="2021 年版，由市认定；试算可以假定")
    unread_provisions_met: bool | None = Field(
        None, title="符合2021年版其余条件", description="由市对照原文认定；试算可以假定"
    )
    renewable_confirmed: bool | None = Field(
        None, title="专家认定具备可再生能源利用条件", description="由专家认定；试算可以假定"
    )
    heat_pump_heating: bool | None = Field(None, title="采用地源、再生水或空气源热泵供暖")
    components: tuple[TriedComponent, ...] = Field((), title="项目组成", max_length=200)


class DryRunIn(BaseModel):
    """A project to try; absent facts are unknown."""

    model_config = ConfigDict(extra="forbid")

    facts: TriedFacts = Field(title="项目事实", description="未知的留空")
    as_of: ProcedureDay | None = Field(None, title="按哪一天的政策", description="缺省为受理日期，再缺省为今天")
    district: DistrictCode | None = Field(None, title="所属区", description="区代码，如 110105；留空从项目事实")
    loan: LoanIn | None = Field(None, title="贷款")


class InterestEstimateOut(SupportAmountOut):
    """Estimated interest subsidy, with its value today and the month that reaches the cap. 二（四）2"""

    present_value_yuan: str | None = Field(title="贴息现值", description="元，按测算日的一年期LPR折现；不能计算为空")
    cap_reached_in: date | None = Field(title="达到上限的月份", description="该月首日；未达到上限为空")


class SupportOut(BaseModel):
    """Both kinds of support; a project may apply for one of them. 二（四）"""

    investment_grant: SupportAmountOut | None = Field(title="投资补助", description="该版本没有时为空")
    interest_subsidy: InterestEstimateOut = Field(title="贷款贴息")


class OwnSupportOut(BaseModel):
    """A programme by which the project's own district supports such projects besides the city."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="见 GET /v1/district-programmes")
    name: str = Field(title="政策名称")
    support: str = Field(title="支持内容")
    document_no: str = Field(title="文件名称或文号")


class DryRunOut(AssessmentDecisionOut):
    """The explained decision and both support amounts; nothing is stored."""

    support: SupportOut = Field(title="支持金额估算", description="两种方式择其中一种申请")
    own_support: list[OwnSupportOut] = Field(title="本区另有的支持政策", description="未填所属区的为空数组")
