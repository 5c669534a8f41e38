"""Request and response models of declarations."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from services.intake.rules.stages import StageCode
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import DistrictCode, OperationMode
from shared.identifiers import ProjectCode, Uscc
from shared.money import Money, Ratio
from shared.text import Line

_BY_PROCEDURE = ("accepted_on", "in_reserve_library", "district")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _stated(facts: ProjectFacts) -> ProjectFacts:
    known = [name for name in _BY_PROCEDURE if getattr(facts, name) is not None]
    if known:
        raise ValueError(f"{'、'.join(known)} 由系统按办理情况填写，请勿填报")
    texts = [text for part in facts.components for text in (part.name, part.resource_id) if text]
    if any(ord(character) < ord(" ") or character == "\x7f" for text in texts for character in text):
        raise ValueError("文字中含有不可见的控制字符")
    return facts


def _in_reach(moment: datetime) -> datetime:
    if not _FIRST <= moment <= _LAST:
        raise ValueError("时间须在 2000 年至 2200 年之间")
    return moment


StatedFacts = Annotated[ProjectFacts, AfterValidator(_stated)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
LoanMonths = Annotated[int, Field(ge=1, le=600)]
Simulated = Annotated[list[Line], Field(max_length=500)]


class DeclarationDraft(BaseModel):
    """New draft. Facts may be partial; money and areas are decimal strings."""

    model_config = ConfigDict(extra="forbid")

    project_name: Line = Field(title="项目名称")
    project_code: ProjectCode | None = Field(None, title="项目代码")
    address: Line | None = Field(None, title="项目地址")
    applicant_name: Line = Field(title="项目单位")
    applicant_uscc: Uscc = Field(title="项目单位统一社会信用代码")
    district: DistrictCode
    library_entry_id: UUID | None = Field(None, title="储备库项目")
    operation_mode: OperationMode | None = Field(None, title="实施方式")
    loan_bank: Line | None = Field(None, title="贷款银行")
    loan_amount_yuan: Money | None = Field(None, title="贷款金额（元）")
    loan_term_months: LoanMonths | None = Field(None, title="贷款期限（月）")
    loan_annual_rate: Ratio | None = Field(None, title="贷款年利率（小数）")
    facts: StatedFacts = Field(default_factory=ProjectFacts, title="申报内容")
    simulated: Simulated = Field(default_factory=list, title="模拟字段")


class DeclarationEdit(BaseModel):
    """JSON Merge Patch: an absent field keeps, null clears. `facts` is merged by fact, `components` as a whole."""

    model_config = ConfigDict(extra="forbid")

    project_name: Line = Field("", title="项目名称")
    project_code: ProjectCode | None = Field(None, title="项目代码")
    address: Line | None = Field(None, title="项目地址")
    applicant_name: Line = Field("", title="项目单位")
    library_entry_id: UUID | None = Field(None, title="储备库项目")
    operation_mode: OperationMode | None = Field(None, title="实施方式")
    loan_bank: Line | None = Field(None, title="贷款银行")
    loan_amount_yuan: Money | None = Field(None, title="贷款金额（元）")
    loan_term_months: LoanMonths | None = Field(None, title="贷款期限（月）")
    loan_annual_rate: Ratio | None = Field(None, title="贷款年利率（小数）")
    facts: StatedFacts = Field(default_factory=ProjectFacts, title="申报内容")
    simulated: Simulated = Field(default_factory=list, title="模拟字段")

    def fields(self) -> dict[str, Any]:
        """Return the fields besides facts that the patch names."""
        return self.model_dump(exclude_unset=True, exclude={"facts", "simulated"})

    def facts_patch(self) -> dict[str, Any]:
        """Return the facts that the patch names, including nulls."""
        named = self.facts.model_dump(mode="json", exclude_unset=True)
        if "components" in named:
            named["components"] = stored_facts(self.facts).get("components", [])
        return named


class DeclarationOut(BaseModel):
    """Current version of a declaration."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    declaration_no: str
    stage: StageCode
    stage_label: str
    round: int
    district: str
    applicant_uscc: str
    applicant_name: str
    project_name: str
    project_code: str | None
    project_type: str | None
    address: str | None
    library_entry_id: UUID | None
    operation_mode: str | None
    loan_bank: str | None
    loan_amount_yuan: Money | None
    loan_term_months: int | None
    loan_annual_rate: Ratio | None
    facts: ProjectFacts
    simulated: list[str]
    undertaking_version: str | None
    undertaken_at: datetime | None
    submitted_on: date | None
    accepted_on: date | None
    forwarded_on: date | None
    received_on: date | None
    due_on: date | None
    funds_held: bool
    created_at: datetime
    updated_at: datetime


def stored_facts(facts: ProjectFacts) -> dict[str, Any]:
    """Return the facts as stored, without unknown ones."""
    return {name: value for name, value in facts.model_dump(mode="json", exclude_none=True).items() if value != []}
