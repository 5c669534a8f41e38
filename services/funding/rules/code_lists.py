"""Codes in funding's requests and answers, each with its Chinese label; `CODE_LISTS` names every list. Pure."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from services.funding.rules.answer_codes import ANSWER_LISTS
from services.funding.rules.budgets import BUDGET_KINDS
from services.funding.rules.change_codes import CHANGE_LISTS
from services.funding.rules.money_bars import BASES, Basis
from services.funding.rules.plans import ITEM_ACTIONS, PLAN_CHANGE_KINDS, PLAN_CHANGE_STATUSES
from shared.contracts.library import LABELS, SupportMode
from shared.policy.remedies import AUTHORITIES

ApplicationStatus = Literal["received", "drafted", "approved", "declined", "planned", "releasing", "released", "closed"]
APPLICATION_STATUSES: Final[dict[str, str]] = {
    "received": "待批复",
    "drafted": "批复已拟办",
    "approved": "已批复",
    "declined": "不予批复",
    "planned": "已列入投资计划",
    "releasing": "拨付中",
    "released": "已拨付",
    "closed": "已终止",
}
OPEN_STATUSES: Final = ("received", "drafted", "approved", "planned", "releasing", "released")
"""Statuses in which an application can still be held by a credit grade."""

SUPPORT_MODES: Final[dict[str, str]] = {mode: LABELS[mode] for mode in get_args(SupportMode)}
"""Support modes: one of the two per project, never both. 二（四）"""

AppropriationStatus = Literal["drafted", "confirmed", "withdrawn", "reversed"]
APPROPRIATION_STATUSES: Final[dict[str, str]] = {
    "drafted": "已拟办，待确认",
    "confirmed": "已确认",
    "withdrawn": "已撤回",
    "reversed": "已冲正",
}

PlanStatus = Literal["drafted", "issued", "withdrawn", "cancelled"]
PLAN_STATUSES: Final[dict[str, str]] = {
    "drafted": "编制中",
    "issued": "已下达",
    "withdrawn": "已撤回",
    "cancelled": "已撤销",
}

PlanItemStatus = Literal["planned", "dropped", "superseded", "removed"]
PLAN_ITEM_STATUSES: Final[dict[str, str]] = {
    "planned": "列入计划",
    "dropped": "已剔除",
    "superseded": "已由新版代替",
    "removed": "已调出计划",
}

ReleaseStatus = Literal["requested", "paid", "returned", "rejected"]
RELEASE_STATUSES: Final[dict[str, str]] = {
    "requested": "待审批",
    "paid": "已拨付",
    "returned": "银行退票，待重新拨付",
    "rejected": "已驳回",
}

PayeeStatus = Literal["entered", "checked", "confirmed", "returned", "withdrawn"]
PAYEE_STATUSES: Final[dict[str, str]] = {
    "entered": "待区级确认",
    "checked": "变更已核对，待负责人确认",
    "confirmed": "已确认",
    "returned": "已退回",
    "withdrawn": "已撤回",
}

PaymentOrderStatus = Literal["issued", "withdrawn"]
PAYMENT_ORDER_STATUSES: Final[dict[str, str]] = {"issued": "已开具", "withdrawn": "已撤回"}

PaymentLineStatus = Literal["ordered", "paid", "returned", "withdrawn"]
PAYMENT_LINE_STATUSES: Final[dict[str, str]] = {
    "ordered": "待国库支付",
    "paid": "国库已支付",
    "returned": "银行退票",
    "withdrawn": "支付申请已撤回",
}

ReceiptResult = Literal["paid", "returned"]
RECEIPT_RESULTS: Final[dict[str, str]] = {"paid": "支付成功", "returned": "退票"}

ReceiptStatus = Literal["matched", "open", "accepted", "voided"]
RECEIPT_STATUSES: Final[dict[str, str]] = {
    "matched": "已勾对",
    "open": "未勾对",
    "accepted": "差异已认可",
    "voided": "已作废",
}

ReceiptDifference = Literal["no_order", "amount", "already_answered", "account", "date", "not_paid"]
RECEIPT_DIFFERENCES: Final[dict[str, str]] = {
    "no_order": "没有对应的支付申请明细",
    "amount": "金额与支付申请不一致",
    "already_answered": "该明细已有支付结果",
    "account": "收款账号与支付申请不一致",
    "date": "日期早于支付申请开具日",
    "not_paid": "该款项已退回或追回，不能再作退票",
}

MonthStatus = Literal["prepared", "closed", "reopening", "reopened", "withdrawn"]
MONTH_STATUSES: Final[dict[str, str]] = {
    "prepared": "待复核结账",
    "closed": "已结账",
    "reopening": "已结账，重新开启待批准",
    "reopened": "已重新开启",
    "withdrawn": "已撤回",
}

ClaimStatus = Literal["draft", "filed", "checked", "verified", "decided", "returned", "withdrawn", "refused"]
CLAIM_STATUSES: Final[dict[str, str]] = {
    "draft": "填报中",
    "filed": "已提交，待区级审核",
    "checked": "区级已审核，待市级审核",
    "verified": "市级已审核，待核定",
    "decided": "已核定",
    "returned": "已退回补正",
    "withdrawn": "项目单位已撤回",
    "refused": "不予贴息",
}
CLAIM_IN_REVIEW: Final = ("filed", "checked", "verified")
"""Statuses in which offices work on a claim."""

LineState = Literal["pending", "counted", "replaced", "withdrawn", "not_counted"]
LINE_STATES: Final[dict[str, str]] = {
    "pending": "随本次申请审核",
    "counted": "已计入",
    "replaced": "已被更正",
    "withdrawn": "已撤销",
    "not_counted": "未计入，所在申请未获核定",
}

CalculationCause = Literal[
    "claim_decided",
    "claim_returned",
    "line_withdrawn",
    "loan_corrected",
    "loan_withdrawn",
    "construction_recorded",
    "recalculated",
]
CALCULATION_CAUSES: Final[dict[str, str]] = {
    "claim_decided": "核定贴息申请",
    "claim_returned": "退回已核定的贴息申请",
    "line_withdrawn": "撤销结息明细",
    "loan_corrected": "更正贷款合同",
    "loan_withdrawn": "撤销贷款合同",
    "construction_recorded": "登记建设状态",
    "recalculated": "重新计算（利率、口径或项目事实变化）",
}

INTEREST_LIMITS: Final[dict[str, str]] = {
    "interest_paid": "以实际支付的正常利息为限",
    "cap": "以单个项目贴息上限的余额为限",
    "award": "以批复金额的余额为限",
}

LoanRateType = Literal["fixed", "floating"]
LOAN_RATE_TYPES: Final[dict[str, str]] = {"fixed": "固定利率", "floating": "浮动利率"}

LprTenor = Literal["1Y", "5Y"]
LPR_TENORS: Final[dict[str, str]] = {"1Y": "一年期LPR", "5Y": "五年期以上LPR"}

HoldGround = Literal["funds_diverted", "grave_finding", "credit_c", "credit_d", "clawback", "other"]
HOLD_GROUNDS: Final[dict[str, str]] = {
    "funds_diverted": "资金未专款专用",
    "grave_finding": "现场核查发现严重问题",
    "credit_c": "信用等级为C，暂缓拨付待复核",
    "credit_d": "信用等级为D，停止拨付",
    "clawback": "已决定追回资金",
    "other": "其他",
}

HoldSeverity = Literal["review", "stop"]
HOLD_SEVERITIES: Final[dict[str, str]] = {"review": "可以申请拨付，不得支付", "stop": "不得申请拨付，也不得支付"}

ReturnStatus = Literal["recorded", "confirmed", "rejected"]
RETURN_STATUSES: Final[dict[str, str]] = {"recorded": "已登记，待确认", "confirmed": "已确认到账", "rejected": "未到账"}

ClawbackGround = Literal[
    "funds_diverted",
    "false_material",
    "municipal_funds_hidden",
    "not_implemented",
    "unapproved_change",
    "final_accounts_lower",
    "interest_recomputed",
    "targets_missed",
    "other",
]
CLAWBACK_GROUNDS: Final[dict[str, str]] = {
    "funds_diverted": "资金未专款专用",
    "false_material": "申报材料弄虚作假",
    "municipal_funds_hidden": "隐瞒其他市级财政性资金",
    "not_implemented": "项目未实施",
    "unapproved_change": "未经批准变更建设内容",
    "final_accounts_lower": "决算投资低于批复依据",
    "interest_recomputed": "贴息重新计算低于已核定数",
    "targets_missed": "评价目标未达成",
    "other": "其他",
}

ClawbackStatus = Literal["requested", "demanded", "rejected", "recovered"]
CLAWBACK_STATUSES: Final[dict[str, str]] = {
    "requested": "待决定",
    "demanded": "已决定追回",
    "rejected": "不予追回",
    "recovered": "已全部收回",
}

PublicMoneyKind = Literal[
    "other_municipal", "district_investment", "district_rent", "district_operating", "first_set_equipment"
]
PUBLIC_MONEY_KINDS: Final[dict[str, str]] = {
    "other_municipal": "其他市级财政性资金",
    "district_investment": "区级投资补助",
    "district_rent": "区级租金补贴",
    "district_operating": "区级运营补贴",
    "first_set_equipment": "首台（套）产品采购应用",
}

MoneyBarBasis = Basis
MONEY_BAR_BASES: Final[dict[str, str]] = dict(BASES)

MoneyBarStatus = Literal["undetermined", "barred", "lift_proposed", "lifted", "fallen"]
MONEY_BAR_STATUSES: Final[dict[str, str]] = {
    "undetermined": "待认定是否为同一工程",
    "barred": "不予支持",
    "lift_proposed": "不予支持，已提请解除",
    "lifted": "已解除",
    "fallen": "登记已更正或撤销",
}

ReferralOutcome = Literal["granted", "refused", "withdrawn"]
REFERRAL_OUTCOMES: Final[dict[str, str]] = {"granted": "同意授信", "refused": "不予授信", "withdrawn": "项目单位撤回"}

Clause = Literal["四（一）1", "四（一）3", "二（五）", "政府投资条例第三十四条"]
CLAUSES: Final[dict[str, str]] = {
    "四（一）1": "材料真实，按规定使用支持资金，专款专用",
    "四（一）3": "在线监测、现场核查和对项目实施情况的监督检查",
    "二（五）": "已完工或已获其他市级财政性资金的项目不再支持",
    "政府投资条例第三十四条": "项目单位未按规定使用政府投资资金等情形的处理",
}

CODE_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "application_status": APPLICATION_STATUSES,
    "support_mode": SUPPORT_MODES,
    "budget_kind": BUDGET_KINDS,
    "appropriation_status": APPROPRIATION_STATUSES,
    "plan_status": PLAN_STATUSES,
    "plan_item_status": PLAN_ITEM_STATUSES,
    "plan_change_kind": PLAN_CHANGE_KINDS,
    "plan_change_status": PLAN_CHANGE_STATUSES,
    "plan_item_action": ITEM_ACTIONS,
    "release_status": RELEASE_STATUSES,
    "payee_status": PAYEE_STATUSES,
    "payment_order_status": PAYMENT_ORDER_STATUSES,
    "payment_line_status": PAYMENT_LINE_STATUSES,
    "receipt_result": RECEIPT_RESULTS,
    "receipt_status": RECEIPT_STATUSES,
    "receipt_difference": RECEIPT_DIFFERENCES,
    **ANSWER_LISTS,
    "month_status": MONTH_STATUSES,
    "interest_claim_status": CLAIM_STATUSES,
    "interest_line_state": LINE_STATES,
    "interest_calculation_cause": CALCULATION_CAUSES,
    "interest_limit": INTEREST_LIMITS,
    "loan_rate_type": LOAN_RATE_TYPES,
    "lpr_tenor": LPR_TENORS,
    "hold_ground": HOLD_GROUNDS,
    "hold_severity": HOLD_SEVERITIES,
    "return_status": RETURN_STATUSES,
    "clawback_ground": CLAWBACK_GROUNDS,
    "clawback_status": CLAWBACK_STATUSES,
    **CHANGE_LISTS,
    "public_money_kind": PUBLIC_MONEY_KINDS,
    "money_bar_basis": MONEY_BAR_BASES,
    "money_bar_status": MONEY_BAR_STATUSES,
    "referral_outcome": REFERRAL_OUTCOMES,
    "clause": CLAUSES,
    "deciding_authority": AUTHORITIES,
    "sort_field": {"award_yuan": "批复金额", "released_yuan": "已拨付金额"},
}
