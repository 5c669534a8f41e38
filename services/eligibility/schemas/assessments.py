"""Bodies of the assessment endpoints: reviews, findings, decision records (二)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.models import Assessment, Review, Settlement
from services.eligibility.rules.code_lists import (
    PROVIDERS,
    REFUSED,
    Answer,
    EditionBasis,
    Occasion,
    Provider,
    ShownAnswer,
    Stage,
    Strength,
)
from shared.audiences import Handler
from shared.contracts.facts import TenantStage
from shared.contracts.library import Industry
from shared.policy import Decision, Finding
from shared.policy.remedies import Remedy, remedy


class SettlementOut(BaseModel):
    """A person's decision on one rule."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(title="序号", description="从 1 起")
    rule: str = Field(title="规则编号")
    clause: str = Field(title="条款", description="如 二（一）1")
    holds: bool = Field(title="是否认定符合")
    reason: str = Field(title="理由")
    evidence: str | None = Field(title="依据材料")
    settled_by: Handler = Field(title="认定人账号")
    settled_by_name: Handler = Field(title="认定人姓名")
    settled_at: datetime = Field(title="认定时间", description="带时区，如 2024-06-30T09:00:00+08:00")


class AssessmentFindingOut(BaseModel):
    """The finding of one rule and the settlement of an open finding."""

    rule: str = Field(title="规则编号")
    clause: str = Field(title="条款", description="如 二（一）1")
    label: str = Field(title="名称")
    strength: Strength = Field(title="约束程度", description="must 必须满足；principle 原则上须满足；encouraged 鼓励")
    outcome: bool | None = Field(description="机器判定；null 为待定", title="机器判定")
    applies: bool | None = Field(title="是否适用", description="空为待定")
    effective: bool | None = Field(description="机器有结论从机器，否则从人工认定", title="最终结论")
    value: str | None = Field(title="数值")
    threshold: str | None = Field(title="界限", description="规则要求的数值；没有为空")
    sentence: str = Field(title="判定说明")
    needs: list[str] = Field(title="尚缺事实", description="事实字段")
    settlement: SettlementOut | None = Field(None, title="人工认定", description="没有为空")


class MissingInformationOut(BaseModel):
    """A fact that would settle an open rule, and its provider."""

    field: str = Field(title="缺少的字段")
    label: str = Field(title="名称")
    who: Provider = Field(title="提供方", description="applicant 项目单位；district 区发展改革委；city 市发展改革委")
    who_label: str = Field(title="提供方名称")
    clause: str = Field(title="条款", description="如 二（一）1")


class TenantFindingOut(BaseModel):
    """Findings about one tenant by the lists of the governing day."""

    name: str = Field(title="企业名称")
    industry_code: str = Field(title="行业代码", description="GB/T 4754-2017")
    area_m2: str | None = Field(title="使用面积（平方米）")
    share: str | None = Field(title="占可出租面积比例")
    stage: TenantStage = Field(title="引入阶段")
    fields: list[Industry] | None = Field(title="所属支持门类", description="空数组为不属于；null 为对照表未列，待认定")
    supported: bool | None = Field(title="是否属于支持门类", description="null 为待定")
    admitted: bool | None = Field(title="是否不在禁止和限制之列", description="null 为待定")
    entries: list[str] = Field(title="所依据的数据版本名", description="见 GET /v1/series")
    sentence: str = Field(title="说明")


class SupportAmountOut(BaseModel):
    """A support amount with its derivation."""

    model_config = ConfigDict(from_attributes=True)

    clause: str = Field(title="条款", description="如 二（一）1")
    label: str = Field(title="名称")
    uncapped_yuan: str | None = Field(title="封顶前金额", description="元，两位小数；不能计算为空")
    award_yuan: str | None = Field(title="支持金额", description="元，两位小数；不能计算为空")
    derivation: list[str] = Field(title="计算过程", description="逐步说明")
    excluded_yuan: str | None = Field(
        None, title="不予补助的投资", description="元；片区统筹项目以外的配套基础设施投资，没有为空"
    )


class AssessmentDecisionOut(BaseModel):
    """An explained decision."""

    decision: Answer = Field(
        title="判定结论", description=("eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    )
    answer: ShownAnswer = Field(
        title="一眼可见的结论",
        description=(
            "eligible 符合；eligible_with_reason 符合，须说明理由（原则性条款未满足）；"
            "ineligible 不符合；undetermined 待定"
        ),
    )
    answer_label: str = Field(title="一眼可见的结论名称")
    summary: str = Field(title="结论说明")
    as_of: date = Field(title="政策基准日", description="格式 2024-06-30")
    edition: str = Field(title="政策版本", description="如 2023；没有有效版本为空串")
    doc_no: str = Field(title="文号")
    ruleset: str = Field(title="规则集", description="内容摘要（SHA-256）；没有有效版本为空")
    engine: str = Field(title="判定程序版本")
    findings: list[AssessmentFindingOut] = Field(title="逐项判定")
    unmet: list[str] = Field(title="未满足的条款")
    open: list[str] = Field(title="待定的条款")
    needs_reason: list[str] = Field(title="须说明理由的条款")
    missing: list[MissingInformationOut] = Field(title="尚缺信息")
    tenants: list[TenantFindingOut] = Field(title="拟引入和已签约企业逐一比对")
    tenant_remarks: list[str] = Field(title="企业比对提示")
    amounts: dict[str, SupportAmountOut] = Field(title="支持金额", description="按支持方式")
    interpretations: dict[str, str] = Field(title="所用口径")


class DecisionRecordOut(AssessmentDecisionOut):
    """A decision record with occasion, facts and author."""

    assessment_id: UUID = Field(title="判定记录标识", description="UUID")
    number: int = Field(title="序号", description="从 1 起")
    round: int = Field(title="第几轮", description="申报退回补正后再次上报为下一轮，从 1 起")
    occasion: Occasion = Field(
        title="判定事由",
        description=(
            "forwarded 区级上报；received 市级接收；settled 人工认定；edition_chosen 选定适用版本；reassessed 重新判定"
        ),
    )
    occasion_label: str = Field(title="判定事由名称")
    as_of_kind: EditionBasis = Field(
        title="基准日依据", description=("district_acceptance 区级受理日期；chosen_edition 选定版本；approval 判定当日")
    )
    made_by: Handler = Field(title="判定人账号", description="系统判定时为系统名称")
    made_at: datetime = Field(title="判定时间", description="带时区")
    facts: dict[str, Any] = Field(title="判定所依据的事实", description="字段同 ProjectFacts，另有程序中得知的事实")


class ReviewOut(BaseModel):
    """One case in the list of reviews."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID = Field(title="申报标识", description="UUID")
    declaration_no: str = Field(title="申报编号")
    project_name: str = Field(title="项目名称")
    applicant_name: str = Field(title="项目单位名称")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    district: str = Field(title="所属区", description="区代码，如 110105")
    round: int = Field(title="第几轮", description="申报退回补正后再次上报为下一轮，从 1 起")
    accepted_on: date = Field(title="区级受理日期", description="格式 2024-06-30")
    stage: Stage = Field(
        title="办理阶段",
        description=(
            "in_review 条件审查中；passed 待入库评估；rejected 审查不通过；"
            "in_pool 已入库；kept_out 未予入库；returned 已退回补正；closed 已撤回或终止"
        ),
    )
    stage_label: str = Field(title="办理阶段名称")
    decision: Answer = Field(
        title="判定结论", description=("eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    )
    received_on: date | None = Field(title="市级接收日期", description="格式 2024-06-30；未接收为空")
    construction_status: str | None = Field(title="建设状态", description="市级接收时确认；未确认为空")
    concluded_on: date | None = Field(title="作出结论日期", description="格式 2024-06-30；未作结论为空")


class ReviewDetailOut(ReviewOut):
    """A case with its current decision record."""

    library_exception_reason: str | None = Field(title="未入储备库的例外理由", description="区级上报时说明；没有为空")
    chosen_edition: str | None = Field(title="选定的政策版本", description="未选定为空")
    conclusion_reason: str | None = Field(title="审查意见", description="未作结论为空")
    exceptions: dict[str, str] = Field(title="原则性条款的例外理由", description="按条款")
    version: int = Field(title="版本号", description="与 ETag 一致")
    remedy: Remedy | None = Field(title="救济途径", description="审查不通过或不予入库时列示；其他为空")
    current: DecisionRecordOut = Field(title="现行判定记录")


class ReplayOut(BaseModel):
    """Result of assessing the recorded facts again by the recorded rule set."""

    assessment_id: UUID = Field(title="判定记录标识", description="UUID")
    number: int = Field(title="序号", description="从 1 起")
    ruleset: str | None = Field(title="规则集", description="内容摘要（SHA-256）；没有有效版本为空")
    equal: bool = Field(title="是否一致")
    differs_in: list[str] = Field(title="不一致的字段")
    engine_then: str = Field(title="原判定程序版本")
    engine_now: str = Field(title="现判定程序版本")


class RulesetOut(BaseModel):
    """A rule set used by a decision: rules, parameters and readings."""

    hash: str = Field(title="规则集摘要", description="SHA-256")
    edition: str = Field(title="政策版本", description="如 2023；没有有效版本为空串")
    doc_no: str = Field(title="文号")
    content: dict[str, Any] = Field(title="规则集内容", description="规则、参数和口径")


_SHOWN = ("answer", "answer_label", "as_of", "edition", "doc_no", "ruleset", "engine")


def decision_out(decision: Decision, summary: str, settled: dict[str, Settlement] | None = None) -> dict[str, Any]:
    """Return the fields of AssessmentDecisionOut."""
    settlements = settled or {}
    return {
        **{name: getattr(decision, name) for name in ("decision", *_SHOWN)},
        **{name: list(getattr(decision, name)) for name in ("unmet", "open", "needs_reason")},
        "summary": summary,
        "findings": [finding_out(found, settlements.get(found.rule)) for found in decision.findings],
        "missing": [
            MissingInformationOut(
                field=item.field,
                label=item.label,
                who=item.who,
                who_label=PROVIDERS.get(item.who, item.who),
                clause=item.clause,
            )
            for item in decision.missing
        ],
        "tenants": [TenantFindingOut.model_validate(each) for each in decision.facts.get("tenant_findings", ())],
        "tenant_remarks": list(decision.facts.get("tenant_remarks", ())),
        "amounts": decision.to_json()["amounts"],
        "interpretations": dict(decision.interpretations),
    }


def finding_out(found: Finding, settlement: Settlement | None) -> AssessmentFindingOut:
    """Return a finding with its settlement, if any."""
    return AssessmentFindingOut(
        **{
            name: getattr(found, name)
            for name in AssessmentFindingOut.model_fields
            if name not in ("needs", "settlement")
        },
        needs=list(found.needs),
        settlement=SettlementOut.model_validate(settlement) if settlement else None,
    )


def record_out(assessment: Assessment, settled: dict[str, Settlement] | None = None) -> DecisionRecordOut:
    """Return a stored record as a response body."""
    decision = Decision.from_json(assessment.record)
    own = ("number", "round", "occasion", "occasion_label", "as_of_kind", "made_by", "made_at")
    return DecisionRecordOut(
        **decision_out(decision, assessment.summary, settled),
        **{name: getattr(assessment, name) for name in own},
        assessment_id=assessment.id,
        facts=dict(decision.facts),
    )


def review_out(review: Review, assessment: Assessment, settled: dict[str, Settlement]) -> ReviewDetailOut:
    """Return a case with its current record as a response body."""
    row = {name: getattr(review, name) for name in ReviewDetailOut.model_fields if name not in ("current", "remedy")}
    against = remedy("city", review.concluded_on) if review.stage in REFUSED and review.concluded_on else None
    return ReviewDetailOut(**row, remedy=against, current=record_out(assessment, settled))
