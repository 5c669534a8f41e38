"""Derivation of a recomputed subsidy in Chinese, such that an accountant can check it by hand. Pure. 二（四）2"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from services.funding.interest.results import BankCheck, Calculation, LineResult, Segment
from shared.money import round_fen
from shared.policy.reference_rates import Reference

EXCLUDED: Final[Mapping[str, str]] = {
    "before_construction_start": "开工前，不计",
    "before_application": "申报前，不计",
    "before_drawdown": "放款前，不计",
    "unrecognised_extension": "未经认可的展期，不计",
    "after_maturity": "贷款到期后，不计",
    "after_construction_period": "批准的建设期之后，不计",
    "after_completion_accounts": "竣工决算后，不计",
    "counted_already": "已在前面结息单中计算，不计",
    "nothing_borrowed": "无贷款余额，不计",
    "not_paid": "利息未实际支付，不计",
    "outside_limit": "超出贴息年限，不计",
}
LIMITED_BY: Final[Mapping[str, str]] = {
    "interest_paid": "以实际支付的正常利息为限",
    "cap": "以单个项目贴息上限的余额为限",
    "award": "以批复金额的余额为限",
}


def explain(line: LineResult, loan: str) -> list[str]:
    """Return the derivation of a line of `loan`, the name of its contract."""
    return [
        f"{loan}：{line.from_on} 至 {line.to_on}，依据{line.clause}；每段＝余额×年利率×天数÷{line.day_count_basis}",
        *(_segment(segment) for segment in line.segments),
        *_check(line.check),
        *_rounding(line),
        *_share(line),
        *_outcome(line),
        *(f"{_quoted(reference)}，采用前请核实" for reference in line.unverified),
    ]


def explain_total(calculation: Calculation) -> list[str]:
    """Return the derivation of the project's total from its lines."""
    sentences = [
        f"{line.from_on} 至 {line.to_on}：{_amount(line.payable_yuan, line.low_yuan, line.high_yuan)}"
        for line in calculation.lines
    ]
    if calculation.counted_from and calculation.counted_until:
        sentences.append(f"贴息年限 {calculation.counted_from} 至 {calculation.counted_until}，自首个计息日起算")
    if calculation.limited_by:
        sentences.append(LIMITED_BY[calculation.limited_by])
    total = _amount(calculation.payable_yuan, calculation.low_yuan, calculation.high_yuan)
    return [*sentences, *_missing(calculation.missing), f"贴息合计 {total}"]


def _segment(segment: Segment) -> str:
    balance = "日余额待定" if segment.balance_yuan is None else f"余额 {segment.balance_yuan:,.2f} 元"
    actual = "实际利率待定" if segment.actual_rate is None else f"实际利率 {_percent(segment.actual_rate)}"
    period = f"{segment.from_on} 至 {segment.to_on}（{segment.days} 天）{balance}，{actual}"
    if segment.excluded is not None:
        return f"{period}：{EXCLUDED[segment.excluded]}"
    if segment.reference is None or segment.lower is None:
        return f"{period}：参照利率或实际利率待定"
    early = "；批复前部分，请关注" if segment.before_approval else ""
    amount = "" if segment.amount_yuan is None else f"，计 {round_fen(segment.amount_yuan):,.2f} 元"
    return f"{period}，{_quoted(segment.reference)}：{_lower(segment, segment.reference)}{amount}{early}"


def _quoted(reference: Reference) -> str:
    doubt = "" if reference.verified else "，该报价未经核实"
    return f"{reference.name} {_percent(reference.rate)}（{reference.published_on} 公布{doubt}）"


def _lower(segment: Segment, reference: Reference) -> str:
    if segment.lower == "equal":
        return "两者相同"
    if segment.lower == "actual":
        return "实际利率较低，按实际利率"
    name = reference.name.split()[-1]
    return f"{name}较低，按{name}"


def _check(check: BankCheck | None) -> Iterator[str]:
    if check is not None:
        verdict = "在容差之内" if check.within_tolerance else "超出容差，请核对结息单"
        yield f"银行正常利息 {check.stated_yuan:,.2f} 元，复算 {check.recomputed_yuan:,.2f} 元，{verdict}"


def _rounding(line: LineResult) -> Iterator[str]:
    """Yield how the printed segments relate to their sum, where they do not add up."""
    amounts = [segment.amount_yuan for segment in line.segments if segment.amount_yuan is not None]
    if line.accumulated_balance is not None:
        yield f"日余额未知，按积数 {line.accumulated_balance:,.2f} ×年利率÷{line.day_count_basis} 计算"
        return
    printed, exact = sum(map(round_fen, amounts), Decimal("0.00")), round_fen(sum(amounts, Decimal(0)))
    if printed != exact and len(amounts) == len(line.segments):
        yield f"各段列示数之和 {printed:,.2f} 元；合计前不舍入，精确合计后舍入一次为 {exact:,.2f} 元"


def _share(line: LineResult) -> Iterator[str]:
    if line.share != 1:
        yield f"贷款用于本项目的比例为 {_percent(line.share)}，按比例计算后舍入一次"


def _outcome(line: LineResult) -> Iterator[str]:
    if line.eligible_yuan is not None:
        yield f"按利率可贴 {line.eligible_yuan:,.2f} 元"
    if line.limited_by:
        limit = f"（{line.ordinary_paid_yuan:,.2f} 元）" if line.limited_by == "interest_paid" else ""
        yield f"{LIMITED_BY[line.limited_by]}{limit}"
    yield from _missing(line.missing)
    yield f"本笔贴息 {_amount(line.payable_yuan, line.low_yuan, line.high_yuan)}"


def _missing(missing: tuple[str, ...]) -> Iterator[str]:
    if missing:
        yield "暂不能核定，缺少：" + "；".join(missing)


def _amount(known: Decimal | None, low: Decimal, high: Decimal) -> str:
    return f"待定，在 {low:,.2f} 元与 {high:,.2f} 元之间" if known is None else f"{known:,.2f} 元"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
