"""Checks of the settlement lines of a loan against each other, and of vouchers across loans. Pure. 二（四）2"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from services.funding.interest.checks.scope import Scope, remark, yuan
from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.results import Remark
from services.funding.interest.steps import DAY, ZERO, pieces
from shared.normal_forms import normal_identifier

QUARTER_DAYS: Final = 85
"""Days without a line that hold a whole quarter."""

SequenceCheck = Callable[[Sequence[SettlementLine], Loan, Scope], Iterator[Remark]]


def neighbours(lines: Sequence[SettlementLine], loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield gaps, overlaps, end days counted twice, and lines that are there twice, in the order of periods."""
    latest: SettlementLine | None = None
    for line in lines:
        if latest is not None:
            yield from _between(latest, line, loan)
        if latest is None or line.last_on >= latest.last_on:
            latest = line


def _between(before: SettlementLine, line: SettlementLine, loan: Loan) -> Iterator[Remark]:
    if (line.from_on, line.last_on) == (before.from_on, before.last_on):
        yield remark("line_twice", line, f"与另一结息单同为 {line.from_on} 至 {line.last_on}", other=before.id)
    elif line.from_on == before.last_on:
        sentence = f"{line.from_on} 在前后两份结息单中各计一次，请核对算头算尾"
        yield remark("end_day_twice", line, sentence, on=line.from_on, other=before.id)
    elif line.from_on < before.last_on:
        sentence = f"与另一结息单重叠：{line.from_on} 至 {min(line.last_on, before.last_on)}"
        yield remark("overlap", line, sentence, from_on=line.from_on, other=before.id)
    elif line.from_on > before.last_on + DAY:
        yield from _gap(before.last_on + DAY, line, loan)


def first_line(lines: Sequence[SettlementLine], loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield days between the first drawdown and the first line; lines before it may have been filed elsewhere."""
    drawn = loan.first_drawn_on
    if lines and drawn is not None and drawn < lines[0].from_on:
        yield from _gap(drawn, lines[0], loan)


def _gap(first: date, line: SettlementLine, loan: Loan) -> Iterator[Remark]:
    """Yield the days with a recorded balance between two lines: a few days, or whole quarters."""
    last, recorded = line.from_on - DAY, loan.recorded_balances
    owed = [part for part in pieces(first, last, recorded.days) if recorded.at(part[0])]
    days = sum((end - start).days + 1 for start, end in owed)
    if not days:
        return
    if days >= QUARTER_DAYS:
        sentence = f"{first} 至 {last} 共 {days} 天没有结息单，缺至少一个季度"
        yield remark("quarter_missing", line, sentence, from_on=first, to_on=last, days=days)
    else:
        sentence = f"{first} 至 {last} 共 {days} 天没有结息单"
        yield remark("gap", line, sentence, from_on=first, to_on=last, days=days)


def settlement_days(lines: Sequence[SettlementLine], loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a line that ends on another day than the contract's settlement day, the repayment or the maturity."""
    if loan.settlement_day is None:
        return
    recorded = loan.recorded_balances
    for line in lines:
        ends = line.last_on
        over = recorded.at(ends + DAY) == ZERO or ends in {loan.matures_on, *(e.to_on for e in loan.extensions)}
        if ends.day != loan.settlement_day and not over:
            sentence = f"结息期末为 {ends}，合同结息日为每季末月 {loan.settlement_day} 日"
            yield remark("settlement_day_differs", line, sentence, to_on=ends, day=loan.settlement_day)


def balances_carried(lines: Sequence[SettlementLine], loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a balance that changes from one line to the next without a drawdown or repayment on that day."""
    moved = {part.on for part in loan.movements}
    for before, line in pairwise(lines):
        if line.from_on != before.last_on + DAY or line.from_on in moved:
            continue
        closing, opening = before.stated_balances.at(before.last_on), line.stated_balances.at(line.from_on)
        if closing is not None and opening is not None and closing != opening:
            sentence = f"期初余额 {yuan(opening)} 与上期期末余额 {yuan(closing)} 不符，当日无放款或还款"
            yield remark("balance_not_carried", line, sentence, opening=opening, closing=closing)


def vouchers(lines: Sequence[SettlementLine]) -> Iterator[Remark]:
    """Yield each line whose voucher number another line of the project, or the same one, has used already."""
    users: defaultdict[str, list[tuple[str, SettlementLine]]] = defaultdict(list)
    for line in lines:
        for number in (*(p.voucher_no for p in line.payments), *(r.voucher_no for r in line.refunds)):
            users[normal_identifier(number)].append((number.strip(), line))
    for identity, uses in users.items():
        first = uses[0][1]
        for number, line in uses[1:] if identity else ():
            sentence = f"凭证 {number} 已用于结息期 {first.from_on} 至 {first.last_on}"
            yield remark("voucher_twice", line, sentence, voucher=number, other=first.id)


SEQUENCE_CHECKS: Final[tuple[SequenceCheck, ...]] = (neighbours, first_line, settlement_days, balances_carried)
