"""What the endpoints about a case answer."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.models import Assessment, Review, Settlement
from services.eligibility.rules.code_lists import PROVIDERS
from shared.policy import Decision, Finding

Decided = Literal["eligible", "ineligible", "undetermined"]


class SettlementOut(BaseModel):
    """What a person decided about one rule."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    rule: str
    clause: str
    holds: bool
    reason: str
    evidence: str | None
    settled_by: str
    settled_by_name: str
    settled_at: datetime


class FindingOut(BaseModel):
    """What the machine found of one rule and, beside it, what a person settled where it found nothing."""

    rule: str
    clause: str
    label: str
    strength: Literal["must", "principle", "encouraged"]
    outcome: bool | None = Field(description="机器判定；null 为待定")
    applies: bool | None
    effective: bool | None = Field(description="机器有结论从机器，否则从人工认定")
    value: str | None
    threshold: str | None
    sentence: str
    needs: list[str]
    settlement: SettlementOut | None = None


class MissingOut(BaseModel):
    """What would settle an open rule, and who can give it."""

    field: str
    label: str
    who: str
    who_label: str
    clause: str


class AwardOut(BaseModel):
    """A support amount with its derivation."""

    model_config = ConfigDict(from_attributes=True)

    clause: str
    label: str
    uncapped_yuan: str | None
    award_yuan: str | None
    derivation: list[str]


class DecisionOut(BaseModel):
    """An explained decision."""

    decision: Decided
    summary: str
    as_of: date
    edition: str
    doc_no: str
    ruleset: str
    engine: str
    findings: list[FindingOut]
    unmet: list[str]
    open: list[str]
    needs_reason: list[str]
    missing: list[MissingOut]
    amounts: dict[str, AwardOut]
    interpretations: dict[str, str]


class RecordOut(DecisionOut):
    """A decision record: on which occasion, about which facts, by whom."""

    assessment_id: UUID
    number: int
    round: int
    occasion: str
    occasion_label: str
    as_of_kind: str
    made_by: str
    made_at: datetime
    facts: dict[str, Any]


class ReviewRow(BaseModel):
    """One line of the list of cases."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID
    declaration_no: str
    project_name: str
    applicant_name: str
    applicant_uscc: str
    district: str
    round: int
    accepted_on: date
    stage: str
    stage_label: str
    decision: Decided
    received_on: date | None
    construction_status: str | None
    concluded_on: date | None


class ReviewOut(ReviewRow):
    """A case with its current decision record."""

    library_exception_reason: str | None
    chosen_edition: str | None
    conclusion_reason: str | None
    exceptions: dict[str, str]
    version: int
    current: RecordOut


def decision_out(decision: Decision, summary: str, settled: dict[str, Settlement] | None = None) -> dict[str, Any]:
    """The fields of DecisionOut."""
    words = settled or {}
    return {
        **{name: getattr(decision, name) for name in ("decision", "as_of", "edition", "doc_no", "ruleset", "engine")},
        **{name: list(getattr(decision, name)) for name in ("unmet", "open", "needs_reason")},
        "summary": summary,
        "findings": [finding_out(found, words.get(found.rule)) for found in decision.findings],
        "missing": [
            MissingOut(
                field=item.field,
                label=item.label,
                who=item.who,
                who_label=PROVIDERS.get(item.who, item.who),
                clause=item.clause,
            )
            for item in decision.missing
        ],
        "amounts": decision.to_json()["amounts"],
        "interpretations": dict(decision.interpretations),
    }


def finding_out(found: Finding, settlement: Settlement | None) -> FindingOut:
    """The machine's finding with a person's word beside it, where there is one."""
    return FindingOut(
        **{name: getattr(found, name) for name in FindingOut.model_fields if name not in ("needs", "settlement")},
        needs=list(found.needs),
        settlement=SettlementOut.model_validate(settlement) if settlement else None,
    )


def record_out(assessment: Assessment, settled: dict[str, Settlement] | None = None) -> RecordOut:
    """A kept record as it is answered."""
    decision = Decision.from_json(assessment.record)
    own = ("number", "round", "occasion", "occasion_label", "as_of_kind", "made_by", "made_at")
    return RecordOut(
        **decision_out(decision, assessment.summary, settled),
        **{name: getattr(assessment, name) for name in own},
        assessment_id=assessment.id,
        facts=dict(decision.facts),
    )


def review_out(review: Review, assessment: Assessment, settled: dict[str, Settlement]) -> ReviewOut:
    """A case with the record that counts."""
    row = {name: getattr(review, name) for name in ReviewOut.model_fields if name != "current"}
    return ReviewOut(**row, current=record_out(assessment, settled))
