"""Bodies of the pool-entry assessment endpoints (三（二）)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.models import ScoreSheet
from services.eligibility.pool import Panel
from services.eligibility.rules.code_lists import CRITERIA, ConflictPosition, Criterion
from services.eligibility.rules.investment import ComponentRecognition, ExcludedCost
from services.eligibility.rules.pool import rounded, weighted_score
from shared.audiences import Handler
from shared.contracts.library import ComponentKind
from shared.money import Money
from shared.text import STORED, AsStored, Paragraph


class ConflictDeclarationIn(BaseModel):
    """A reviewer's declaration on conflicts of interest."""

    model_config = ConfigDict(extra="forbid")

    position: ConflictPosition = Field(title="声明", description="none 无利益冲突；conflict 存在冲突并回避")
    statement: Paragraph = Field(title="声明内容")


class ConflictDeclarationOut(ConflictDeclarationIn):
    """A stored declaration."""

    model_config = ConfigDict(from_attributes=True)

    statement: str = Field(title="声明内容")
    reviewer: str = Field(title="评审人员账号")
    reviewer_name: str = Field(title="评审人员姓名")
    declared_at: datetime = Field(title="声明时间", description="带时区")


class MarkIn(BaseModel):
    """Points for one criterion."""

    model_config = ConfigDict(extra="forbid")

    criterion: Criterion = Field(title="评估项")
    points: int = Field(title="得分", ge=0, le=100, description="0 至 100 的整数")
    comment: Paragraph = Field(title="评语")


class ScoreSheetIn(BaseModel):
    """One reviewer's marks on all criteria."""

    model_config = ConfigDict(extra="forbid")

    marks: list[MarkIn] = Field(title="分项得分", min_length=1, max_length=20)
    opinion: Paragraph = Field(title="总体意见")


class ScoreSheetOut(ScoreSheetIn):
    """A score sheet with its weighted score."""

    marks: list[Annotated[MarkIn, AsStored()]] = Field(title="分项得分")
    opinion: str = Field(title="总体意见")
    reviewer: str = Field(title="评审人员账号")
    reviewer_name: str = Field(title="评审人员姓名")
    scored_at: datetime = Field(title="评分时间", description="带时区")
    score: Decimal = Field(title="加权得分", description="分，两位小数")


class CriterionOut(BaseModel):
    """A criterion and its weight."""

    key: str = Field(title="评估项代码")
    label: str = Field(title="名称")
    weight: Decimal = Field(title="权重")


class PanelOut(BaseModel):
    """The panel of a case. `sheets` holds the caller's own sheet, and all once `complete`."""

    required: int = Field(title="至少评审人数", description="人")
    received: int = Field(title="已评分人数", description="人")
    complete: bool = Field(title="评分是否齐备")
    outstanding: int = Field(title="未评分人数", description="已声明无利益冲突而未评分，人")
    criteria: list[CriterionOut] = Field(title="评估项")
    pass_score: Decimal = Field(title="通过分", description="分")
    sheets: list[ScoreSheetOut] = Field(title="评分表", description="齐备前只含本人的")
    score: Decimal | None = Field(title="评估得分", description="评审人员加权得分的平均，两位小数；未齐备为空")


class RecognisedInvestmentIn(BaseModel):
    """The recognised investment of each component."""

    model_config = ConfigDict(extra="forbid")

    components: list[ComponentRecognition] = Field(title="各组成审定投资", min_length=1, max_length=200)
    opinion: Paragraph = Field(title="审定意见")


class RecognisedCost(ExcludedCost):
    """An excluded cost with the name of its kind."""

    label: str = Field(title="费用名称")


class RecognisedComponent(BaseModel):
    """A component with its declared and recognised investment."""

    kind: ComponentKind = Field(title="组成类别")
    name: str | None = Field(None, title="名称")
    renovated_area_m2: Decimal | None = Field(None, title="改造面积", description="平方米")
    leasable_area_m2: Decimal | None = Field(None, title="可出租面积", description="平方米")
    planned_occupancy: Decimal | None = Field(None, title="计划入驻率", description="0 至 1 的小数")
    declared_investment_yuan: Money = Field(title="申报投资", description="元，两位小数")
    assessed_investment_yuan: Money = Field(title="审定投资", description="元，两位小数")
    excluded: list[RecognisedCost] = Field(title="剔除费用")
    reason: str | None = Field(title="核减理由", description="未核减时可为空")


class RecognisedInvestmentOut(BaseModel):
    """The stored recognition with the readings applied."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(title="序号", description="从 1 起")
    components: list[RecognisedComponent] = Field(title="各组成审定情况")
    declared_total_yuan: Money = Field(title="申报投资合计", description="元，两位小数")
    assessed_total_yuan: Money = Field(title="审定投资合计", description="元，两位小数")
    readings: dict[str, str] = Field(title="所用口径")
    opinion: str = Field(title="意见")
    recognised_by: Handler = Field(title="审定人账号")
    recognised_by_name: Handler = Field(title="审定人姓名")
    recognised_at: datetime = Field(title="审定时间", description="带时区")


class PoolEntryIn(BaseModel):
    """Reason for entry to the pool."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="入库意见")


class PoolRefusalIn(BaseModel):
    """Reason for refusing entry to the pool."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="不予入库理由")


class PoolEntryOut(BaseModel):
    """A project in the pool."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID = Field(title="申报标识", description="UUID")
    declaration_no: str = Field(title="申报编号")
    project_name: str = Field(title="项目名称")
    applicant_name: str = Field(title="项目单位名称")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    district: str = Field(title="所属区", description="区代码，如 110105")
    year: int = Field(title="入库年度")
    rank: int = Field(title="全市排名", description="按得分，从 1 起")
    score: Decimal = Field(title="评估得分", description="分，两位小数")
    declared_investment_yuan: Money = Field(title="申报投资", description="元，两位小数")
    assessed_investment_yuan: Money = Field(title="审定投资", description="元，两位小数")
    entered_on: date = Field(title="入库日期", description="格式 2024-06-30")


def sheet_out(sheet: ScoreSheet, weights: Mapping[str, Decimal]) -> ScoreSheetOut:
    """Return a score sheet with its weighted score."""
    return ScoreSheetOut(
        marks=[MarkIn.model_validate(mark, context=STORED) for mark in sheet.marks],
        opinion=sheet.opinion,
        reviewer=sheet.reviewer,
        reviewer_name=sheet.reviewer_name,
        scored_at=sheet.scored_at,
        score=rounded(weighted_score(sheet.marks, weights)),
    )


def scores_out(panel: Panel, weights: Mapping[str, Decimal], pass_score: Decimal, reader: str) -> PanelOut:
    """Return the panel as visible to a reader; others' sheets are visible once all are in."""
    visible = [sheet for sheet in panel.sheets if panel.complete or sheet.reviewer == reader]
    return PanelOut(
        required=panel.required,
        received=len(panel.sheets),
        complete=panel.complete,
        outstanding=len(panel.outstanding),
        criteria=[CriterionOut(key=key, label=CRITERIA.get(key, key), weight=value) for key, value in weights.items()],
        pass_score=pass_score,
        sheets=[sheet_out(sheet, weights) for sheet in visible],
        score=panel.score(weights) if panel.complete else None,
    )
