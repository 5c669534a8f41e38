"""Code lists of eligibility: the codes as types, each with its Chinese labels beside it."""

from collections.abc import Mapping
from typing import Literal

from shared.policy.decision import ANSWERS as ANSWERS_AT_A_GLANCE
from shared.policy.overlays import EFFECTS
from shared.policy.parameters import district_keys, history

Stage = Literal["in_review", "passed", "rejected", "in_pool", "kept_out", "returned", "closed"]
STAGES: dict[str, str] = {
    "in_review": "条件审查中",
    "passed": "条件审查通过，待入库评估",
    "rejected": "条件审查不通过",
    "in_pool": "已入库",
    "kept_out": "未予入库",
    "returned": "已退回补正",
    "closed": "已撤回或终止",
}
REFUSED = ("rejected", "kept_out")
"""Stages of a case that was refused; its answer lists the remedies."""

Answer = Literal["eligible", "ineligible", "undetermined"]
ANSWERS: dict[str, str] = {"eligible": "符合条件", "ineligible": "不符合条件", "undetermined": "待定"}

ShownAnswer = Literal["eligible", "eligible_with_reason", "ineligible", "undetermined"]
SHOWN_ANSWERS: dict[str, str] = {code: label for code, label in ANSWERS_AT_A_GLANCE.items()}  # noqa: C416 - plain text keys

Occasion = Literal["forwarded", "received", "settled", "edition_chosen", "reassessed"]
OCCASIONS: dict[str, str] = {
    "forwarded": "区级上报",
    "received": "市级接收",
    "settled": "人工认定",
    "edition_chosen": "选定适用版本",
    "reassessed": "重新判定",
}

EditionBasis = Literal["district_acceptance", "chosen_edition", "approval"]
EDITION_BASES: dict[str, str] = {
    "district_acceptance": "区级受理日期",
    "chosen_edition": "市级负责人选定的版本",
    "approval": "判定当日",
}

Strength = Literal["must", "principle", "encouraged"]
STRENGTHS: dict[str, str] = {"must": "必须满足", "principle": "原则上须满足", "encouraged": "鼓励"}

Provider = Literal["applicant", "district", "city"]
PROVIDERS: dict[str, str] = {"applicant": "项目单位", "district": "区发展改革委", "city": "市发展改革委"}

Outcome = Literal["pass", "reject"]
OUTCOMES: dict[str, str] = {"pass": "通过", "reject": "不通过"}

ConflictPosition = Literal["none", "conflict"]
CONFLICT_POSITIONS: dict[str, str] = {"none": "无利益冲突", "conflict": "存在利益冲突，回避"}

Criterion = Literal["industry", "green", "readiness", "investment", "surroundings"]
CRITERIA: dict[str, str] = {
    "industry": "产业导入与功能定位",
    "green": "节能绿色化水平",
    "readiness": "建设条件与进度",
    "investment": "投资合理性",
    "surroundings": "周边协同与公共服务",
}

CostKind = Literal["purchase", "rent", "land", "working_capital", "construction_interest", "vat", "other"]
COST_KINDS: dict[str, str] = {
    "purchase": "购置",
    "rent": "租金",
    "land": "土地",
    "working_capital": "流动资金",
    "construction_interest": "建设期利息",
    "vat": "增值税",
    "other": "其他",
}

ProjectOrigin = Literal["declaration", "library"]
PROJECT_ORIGINS: dict[str, str] = {"declaration": "申报项目", "library": "储备库项目"}

StandardDecisionCode = Literal["confirmed", "not_confirmed", "withdrawn"]
STANDARD_DECISIONS: dict[str, str] = {
    "confirmed": "市级确认",
    "not_confirmed": "市级不予确认",
    "withdrawn": "区级撤回",
}
PictureFormat = Literal["svg", "mermaid", "text"]
PICTURE_FORMATS: dict[str, str] = {"svg": "图（SVG）", "mermaid": "Mermaid 文本", "text": "分级列表"}

ProgrammeSupport = Literal[
    "fixed_investment", "rent_subsidy", "operating_subsidy", "interest", "land_and_space", "financing", "other_support"
]
PROGRAMME_SUPPORTS: dict[str, str] = {
    "fixed_investment": "固定资产投资支持",
    "rent_subsidy": "租金补贴",
    "operating_subsidy": "运营补贴",
    "interest": "贷款利息支持",
    "land_and_space": "土地和空间政策",
    "financing": "融资服务",
    "other_support": "其他支持",
}

ProgrammeStatus = Literal["entered", "confirmed", "returned", "withdrawn", "replaced"]
PROGRAMME_STATUSES: dict[str, str] = {
    "entered": "待确认",
    "confirmed": "已确认",
    "returned": "已退回",
    "withdrawn": "已撤回",
    "replaced": "已更正",
}

EditionId = Literal["2021", "2023"]
EDITIONS: dict[str, str] = {"2021": "2021 年版", "2023": "2023 年版"}


def _district_parameters() -> dict[str, str]:
    """Return the parameters that a district may set, with their labels."""
    return {key: history()[key][0].label for key in sorted(district_keys())}


CODE_LISTS: Mapping[str, Mapping[str, str]] = {
    "review_stage": STAGES,
    "decision": ANSWERS,
    "answer": SHOWN_ANSWERS,
    "assessment_occasion": OCCASIONS,
    "edition_basis": EDITION_BASES,
    "rule_strength": STRENGTHS,
    "information_provider": PROVIDERS,
    "review_outcome": OUTCOMES,
    "conflict_position": CONFLICT_POSITIONS,
    "criterion": CRITERIA,
    "cost_kind": COST_KINDS,
    "project_origin": PROJECT_ORIGINS,
    "edition": EDITIONS,
    "picture_format": PICTURE_FORMATS,
    "district_parameter": _district_parameters(),
    "district_standard_state": EFFECTS,
    "district_standard_outcome": STANDARD_DECISIONS,
    "district_programme_support": PROGRAMME_SUPPORTS,
    "district_programme_status": PROGRAMME_STATUSES,
}
"""Every code list by name, as `GET /v1/code-lists` serves them."""
