"""Bodies of the review endpoints (二, 三（二）)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.eligibility.rules.code_lists import (
    Outcome,
)
from shared.text import STORABLE, Cleaned, Line, Paragraph, clean_line

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


Clause = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=STORABLE), Cleaned(clean_line)]


class SettlementIn(BaseModel):
    """A person's decision on an open finding."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleId = Field(title="规则编号", description="判定结果中待定项的 rule")
    holds: bool = Field(title="认定符合")
    reason: Paragraph = Field(title="理由")
    evidence: Paragraph | None = Field(None, title="依据材料")


class SettlementWithdrawalIn(BaseModel):
    """Reason for which a settlement is taken back."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleId = Field(title="规则编号", description="现有人工认定的 rule")
    reason: Paragraph = Field(title="理由")


class EditionChoiceIn(BaseModel):
    """The edition that governs a case where the acceptance date does not decide it (I16)."""

    model_config = ConfigDict(extra="forbid")

    edition: Line = Field(title="适用版本", examples=["2023"])
    reason: Paragraph = Field(title="理由")


class ReassessmentIn(BaseModel):
    """Reason for a reassessment."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class ExceptionReasonIn(BaseModel):
    """Reason for an exception from a 原则上 condition."""

    model_config = ConfigDict(extra="forbid")

    clause: Clause = Field(title="条款", description="如 四（一）2")
    reason: Paragraph = Field(title="理由")


class ConclusionIn(BaseModel):
    """Conclusion of the review of conditions."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome = Field(title="结论", description="pass 通过；reject 不通过")
    reason: Paragraph = Field(title="审查意见")
    exceptions: list[ExceptionReasonIn] = Field(default_factory=list, max_length=20, title="原则性条款的例外理由")
    clauses: list[Clause] = Field(default_factory=list, max_length=40, title="未满足的条款（不通过时填写）")
