"""Ways in which loans and settlement lines contradict each other and the calendar. Pure. 二（四）2

A remark changes no amount: an officer accepts it with a reason, or returns the line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from services.funding.interest.checks.contracts import CONTRACT_CHECKS, contracts_together
from services.funding.interest.checks.own_figures import OWN_CHECKS
from services.funding.interest.checks.scope import Scope, remark
from services.funding.interest.checks.sequence import SEQUENCE_CHECKS, vouchers
from services.funding.interest.checks.terms import TERM_CHECKS
from services.funding.interest.facts import Loan, SettlementLine
from services.funding.interest.readings import InterestReadings
from services.funding.interest.results import Remark
from shared.policy.reference_rates import ReferenceRates


def review(
    loans: Iterable[Loan],
    lines: Iterable[SettlementLine],
    rates: ReferenceRates,
    readings: InterestReadings,
    *,
    on: date,
) -> tuple[Remark, ...]:
    """Return all remarks on the facts of a project as of a day, in the order of loans and periods."""
    contracts = {loan.id: loan for loan in sorted(loans, key=lambda loan: loan.id)}
    ordered = sorted(lines, key=lambda line: (line.from_on, line.last_on, line.loan_id, line.id))
    scope = Scope(rates, readings, on)
    return tuple(_remarks(contracts, ordered, scope))


def _remarks(loans: Mapping[str, Loan], lines: Sequence[SettlementLine], scope: Scope) -> Iterator[Remark]:
    yield from contracts_together(tuple(loans.values()))
    for loan in loans.values():
        own = [line for line in lines if line.loan_id == loan.id]
        for check_loan in CONTRACT_CHECKS:
            yield from check_loan(loan, scope)
        for line in own:
            for check_line in (*OWN_CHECKS, *TERM_CHECKS):
                yield from check_line(line, loan, scope)
        for check_sequence in SEQUENCE_CHECKS:
            yield from check_sequence(own, loan, scope)
    for line in lines:
        if line.loan_id not in loans:
            yield remark("unknown_loan", line, "结息单所属贷款不在本项目已登记的贷款合同中", loan=line.loan_id)
    yield from vouchers(lines)


__all__ = ["review"]
