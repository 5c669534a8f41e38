"""What the endpoints of pool-entry assessment take and answer."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.models import ScoreSheet
from services.eligibility.pool import Panel
from services.eligibility.rules.code_lists import CRITERIA
from services.eligibility.rules.investment import ComponentRecognition
from services.eligibility.rules.pool import rounded, weighted_score
from shared.money import Money
from shared.text import Paragraph


class ConflictIn(BaseModel):
    """A reviewer's word on conflicts of interest."""

    model_config = ConfigDict(extra="forbid")

    position: Literal["none", "conflict"] = Field(title="声明", description="none 无利益冲突；conflict 存在冲突并回避")
    statement: Paragraph = Field(title="声明内容")


class ConflictOut(ConflictIn):
    """The word as kept."""

    model_config = ConfigDict(from_attributes=True)

    reviewer: str
    reviewer_name: str
    declared_at: datetime


class MarkIn(BaseModel):
    """Points for one criterion."""

    model_config = ConfigDict(extra="forbid")

    criterion: Literal["industry", "green", "readiness", "investment", "surroundings"] = Field(title="评估项")
    points: int = Field(title="得分", ge=0, le=100)
    comment: Paragraph = Field(title="评语")


class SheetIn(BaseModel):
    """One reviewer's marks over all criteria."""

    model_config = ConfigDict(extra="forbid")

    marks: list[MarkIn] = Field(title="分项得分", min_length=1, max_length=20)
    opinion: Paragraph = Field(title="总体意见")


class SheetOut(SheetIn):
    """A score sheet with its weighted score."""

    reviewer: str
    reviewer_name: str
    scored_at: datetime
    score: Decimal


class Criterion(BaseModel):
    """What is scored, and how much it weighs."""

    key: str
    label: str
    weight: Decimal


class ScoresOut(BaseModel):
    """The panel of a case. `sheets` holds the caller's own, or everybody's once `complete`."""

    required: int
    received: int
    complete: bool
    outstanding: int
    criteria: list[Criterion]
    pass_score: Decimal
    sheets: list[SheetOut]
    score: Decimal | None


class InvestmentIn(BaseModel):
    """The recognised investment of every component."""

    model_config = ConfigDict(extra="forbid")

    components: list[ComponentRecognition] = Field(title="各组成审定投资", min_length=1, max_length=200)
    opinion: Paragraph = Field(title="审定意见")


class InvestmentOut(BaseModel):
    """The recognition as kept, with the readings it followed."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    components: list[dict[str, Any]]
    declared_total_yuan: Money
    assessed_total_yuan: Money
    readings: dict[str, str]
    opinion: str
    recognised_by: str
    recognised_by_name: str
    recognised_at: datetime


class EntryIn(BaseModel):
    """Why the project is taken in."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="入库意见")


class KeepOutIn(BaseModel):
    """Why the project is not taken in."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="不予入库理由")


class PoolRow(BaseModel):
    """A project in the pool."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID
    declaration_no: str
    project_name: str
    applicant_name: str
    applicant_uscc: str
    district: str
    year: int
    rank: int
    score: Decimal
    declared_investment_yuan: Money
    assessed_investment_yuan: Money
    entered_on: date


def sheet_out(sheet: ScoreSheet, weights: Mapping[str, Decimal]) -> SheetOut:
    """A sheet with its weighted score."""
    return SheetOut(
        marks=[MarkIn.model_validate(mark) for mark in sheet.marks],
        opinion=sheet.opinion,
        reviewer=sheet.reviewer,
        reviewer_name=sheet.reviewer_name,
        scored_at=sheet.scored_at,
        score=rounded(weighted_score(sheet.marks, weights)),
    )


def scores_out(panel: Panel, weights: Mapping[str, Decimal], pass_score: Decimal, reader: str) -> ScoresOut:
    """What a reader may see of a panel: others' sheets stay closed until all are in."""
    open_to_reader = [sheet for sheet in panel.sheets if panel.complete or sheet.reviewer == reader]
    return ScoresOut(
        required=panel.required,
        received=len(panel.sheets),
        complete=panel.complete,
        outstanding=len(panel.outstanding),
        criteria=[Criterion(key=key, label=CRITERIA.get(key, key), weight=value) for key, value in weights.items()],
        pass_score=pass_score,
        sheets=[sheet_out(sheet, weights) for sheet in open_to_reader],
        score=panel.score(weights) if panel.complete else None,
    )
