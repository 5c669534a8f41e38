"""Stages of a declaration, with the Chinese name, the next step and the party that acts (三)."""

from typing import Final, Literal, NamedTuple

from shared.policy.remedies import Authority

StageCode = Literal[
    "draft",
    "submitted",
    "returned",
    "accepted",
    "opinion_requested",
    "opinion_given",
    "forwarded",
    "received",
    "assessed",
    "review_passed",
    "pooled",
    "approved",
    "released",
    "delivered",
    "evaluated",
    "clawback_demanded",
    "clawback_recovered",
    "withdrawn",
    "refused",
    "rejected",
    "declined",
]


class Stage(NamedTuple):
    """Stage: its Chinese name, the next step, the party that acts, and its position in the procedure (`rank`)."""

    label: str
    next_step: str
    who: str
    rank: int


STAGES: Final[dict[str, Stage]] = {
    "draft": Stage("草稿", "补齐申报内容和材料，作出真实性承诺后提交", "项目单位", 0),
    "returned": Stage("退回补正", "按补正意见修改，重新承诺后再次提交", "项目单位", 5),
    "submitted": Stage("已提交，待受理", "区发展改革委决定是否受理", "区发展改革委", 10),
    "accepted": Stage("已受理，初审中", "区发展改革委初审并征求区政府（管委会）意见", "区发展改革委", 20),
    "opinion_requested": Stage("征求意见中", "区政府（管委会）出具意见", "区政府（管委会）", 30),
    "opinion_given": Stage("已征求意见，待上报", "区发展改革委负责人审核后上报市发展改革委", "区发展改革委", 35),
    "forwarded": Stage("已上报，待市级接收", "市发展改革委核对建设状态后接收", "市发展改革委", 40),
    "received": Stage("市级已接收，政策比对中", "对照方案逐条比对", "市发展改革委", 50),
    "assessed": Stage("政策比对完成，审查中", "市发展改革委作出审查结论", "市发展改革委", 55),
    "review_passed": Stage("审查通过，待入库评估", "市发展改革委组织入库评估", "市发展改革委", 60),
    "pooled": Stage("已入库，待批复", "市发展改革委批复资金申请报告", "市发展改革委", 70),
    "approved": Stage("已批复，待下达资金", "下达投资计划并拨付资金", "市发展改革委", 80),
    "released": Stage("资金已下达", "按期建设，按季报送进展，专款专用", "项目单位", 90),
    "delivered": Stage("已交付，待评价", "交付后一年内由区发展改革委组织评价", "区发展改革委", 100),
    "evaluated": Stage("已评价", "评价报告已报送市发展改革委", "无", 110),
    "clawback_demanded": Stage("资金追回中", "按追回决定退回资金", "项目单位", 120),
    "clawback_recovered": Stage("资金已追回", "无", "无", 130),
    "withdrawn": Stage("已撤回", "可重新申报", "无", 200),
    "refused": Stage("初审不予上报", "可依据所列条款整改后重新申报", "无", 200),
    "rejected": Stage("审查不通过", "可依据所列条款整改后重新申报", "无", 200),
    "declined": Stage("资金申请未获批复", "可依据所列条款整改后重新申报", "无", 200),
}

ENDED: Final = frozenset({"withdrawn", "refused", "rejected", "declined"})
"""Stages that end a declaration without an award: the project may be declared again."""
REFUSED_BY: Final[dict[str, Authority]] = {"refused": "district", "rejected": "city", "declined": "city"}
"""Stages of a refused declaration and who refused it; its answer lists the remedies."""
EDITABLE: Final = frozenset({"draft", "returned"})
AT_DISTRICT: Final = frozenset({"submitted", "accepted", "opinion_requested", "opinion_given"})
UNDER_REVIEW: Final = frozenset({"accepted", "opinion_requested", "opinion_given"})
BEFORE_RECEIPT: Final = EDITABLE | AT_DISTRICT | {"forwarded"}

DECISION_LABELS: Final[dict[str, str]] = {
    "submit_declaration": "提交申报",
    "withdraw_declaration": "撤回申报",
    "accept_declaration": "受理",
    "return_declaration": "退回补正",
    "refuse_declaration": "初审不予上报",
    "request_opinion": "征求意见",
    "give_opinion": "出具意见",
    "forward_declaration": "上报市发展改革委",
    "receive_declaration": "市级接收",
    "return_declaration_from_city": "市级退回补正",
    "learn_assessment": "政策比对",
    "learn_review": "审查结论",
    "learn_pool_entry": "入库",
    "learn_approval": "批复资金申请报告",
    "learn_refusal_of_funds": "不予批复",
    "learn_release": "下达资金",
    "learn_sent_back": "银行退票",
    "learn_hold": "暂停或恢复拨付",
    "learn_clawback": "追回资金",
    "learn_money_bar": "其他市级财政性资金比对",
    "learn_delivery": "交付",
    "learn_evaluation": "评价",
}
"""Recorded acts that the applicant sees in the progress of the case, with their Chinese names."""


def advances(current: str, announced: str) -> bool:
    """Return True if a stage announced by another service advances the case: from receipt on, and never back.

    Events of different services may arrive out of order.
    """
    return STAGES["received"].rank <= STAGES[current].rank < STAGES[announced].rank
