"""Explanation of a settled line in Chinese: segments with days, rates and the lower rate. Pure. 二（四）2"""

from collections.abc import Iterator
from decimal import Decimal

from services.funding.interest.calculation import CLAUSE, Segment, Settlement
from shared.money import round_fen

LOWER = {"actual": "实际利率较低，按实际利率", "lpr": "LPR较低，按LPR", "equal": "两者相同"}
EXCLUDED = {
    "before_construction_start": "开工前，不计",
    "before_application": "申报前，不计",
    "nothing_borrowed": "无贷款余额，不计",
    "not_paid": "利息未实际支付，不计",
    "outside_limit": "超出贴息年限，不计",
}
LIMITED_BY = {"interest_paid": "以实际支付的正常利息为限", "cap": "以单个项目贴息上限的余额为限"}


def explain(settlement: Settlement) -> list[str]:
    """Return the calculation of one line as sentences; for an undetermined line, the missing facts."""
    line = settlement.line
    title = f"{line.loan.id}：{line.from_on} 至 {line.to_on}，依据{CLAUSE}"
    if settlement.missing:
        return [title, "暂不能核定，缺少：" + "、".join(settlement.missing)]
    return [title, *(_segment(segment) for segment in settlement.segments), *_outcome(settlement)]


def _segment(segment: Segment) -> str:
    period = f"{segment.from_on} 至 {segment.to_on}（{segment.days} 天）余额 {segment.balance_yuan:,.2f} 元"
    actual = f"实际利率 {_percent(segment.actual_rate)}"
    if segment.excluded or segment.reference_rate is None or segment.lower is None:
        return f"{period}，{actual}：{EXCLUDED.get(segment.excluded or '', '不计')}"
    published = f"（{segment.lpr_published_on} 公布）" if segment.lpr_published_on else ""
    reference = f"{segment.tenor} LPR {_percent(segment.reference_rate)}{published}"
    early = "；批复前部分，请关注" if segment.before_approval else ""
    amount = f"计 {round_fen(segment.amount_yuan):,.2f} 元"
    return f"{period}，{actual}，{reference}：{LOWER[segment.lower]}，{amount}{early}"


def _outcome(settlement: Settlement) -> Iterator[str]:
    check = settlement.check
    if check is not None:
        verdict = "在容差之内" if check.within_tolerance else "超出容差，请核对结息单"
        yield f"银行正常利息 {check.stated_yuan:,.2f} 元，复算 {check.recomputed_yuan:,.2f} 元，{verdict}"
    yield f"按利率可贴 {settlement.eligible_yuan:,.2f} 元"
    if settlement.limited_by:
        yield LIMITED_BY[settlement.limited_by]
    yield f"本笔核定贴息 {settlement.payable_yuan:,.2f} 元"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
