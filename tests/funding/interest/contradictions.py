"""Facts that agree, and for each way to contradict them the remarks it raises."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.funding.interest.facts import (
    BalanceSegment,
    Drawdown,
    Extension,
    Loan,
    Refund,
    Repayment,
    SettlementLine,
)
from tests.funding.interest.projects import LOAN, PRINCIPAL, interest, line

Q1, Q2 = (date(2023, 12, 21), date(2024, 3, 20)), (date(2024, 3, 21), date(2024, 6, 20))
FIRST, SECOND = line(*Q1), line(*Q2)
PAID = FIRST.payments[0]
DRAWN = LOAN.drawdowns[0]
HALF = PRINCIPAL / 2
FLOATING = replace(LOAN, rate_type="floating", annual_rate=None, spread_bp=Decimal(45))


def first(**changes: Any) -> list[SettlementLine]:
    return [replace(FIRST, **changes), SECOND]


def second(**changes: Any) -> list[SettlementLine]:
    return [FIRST, replace(SECOND, **changes)]


def at(from_on: date, to_on: date, **given: Any) -> list[SettlementLine]:
    """Return the first line and another period."""
    return [FIRST, line(from_on, to_on, **given)]


def paying(**changes: Any) -> list[SettlementLine]:
    return first(payments=(replace(PAID, **changes),))


def stating(amount: Decimal) -> list[SettlementLine]:
    return first(payments=(replace(PAID, paid_yuan=amount),))


LINES: dict[str, tuple[list[SettlementLine], list[str]]] = {
    "nine per cent on a fixed contract": ([FIRST, line(*Q2, "0.0900")], ["rate_differs"]),
    "a rate of nothing": ([FIRST, line(*Q2, "0.0000")], ["rate_implausible", "rate_differs"]),
    "a rate above any": ([FIRST, line(*Q2, "0.2500")], ["rate_implausible", "rate_differs"]),
    "900 million on 200": (
        [FIRST, line(*Q2, balance=Decimal("900000000"))],
        ["balance_above_contract", "balance_not_carried"],
    ),
    "less than was drawn": ([FIRST, line(*Q2, balance=HALF)], ["balance_differs_from_records", "balance_not_carried"]),
    "interest a day too long": (stating(interest(date(2023, 12, 21), date(2024, 3, 21), "0.039")), ["end_day_differs"]),
    "interest a day too short": (
        stating(interest(date(2023, 12, 21), date(2024, 3, 19), "0.039")),
        ["end_day_differs"],
    ),
    "interest by the other basis": (stating(interest(*Q1, "0.039", basis=365)), ["basis_differs"]),
    "interest of its own": (stating(Decimal("1234567.00")), ["interest_differs"]),
    "a week without a line": (at(date(2024, 3, 28), Q2[1]), ["gap"]),
    "a quarter without a line": (at(date(2024, 6, 21), date(2024, 9, 20)), ["quarter_missing"]),
    "the same period twice": (
        [
            FIRST,
            replace(SECOND, id="1"),
            replace(
                SECOND, id="2", payments=(replace(PAID, paid_on=Q2[1], paid_yuan=SECOND.paid_yuan, voucher_no="X"),)
            ),
        ],
        ["line_twice"],
    ),
    "an end day counted twice": (at(Q1[1], Q2[1]), ["end_day_twice"]),
    "an overlap": (at(date(2024, 3, 1), Q2[1]), ["period_too_long", "overlap"]),
    "one voucher for two lines": (
        second(payments=(replace(SECOND.payments[0], voucher_no=f" {PAID.voucher_no} "),)),
        ["voucher_twice"],
    ),
    "one voucher in two spellings": (
        [
            replace(FIRST, payments=(replace(PAID, voucher_no="付息-A1"),)),
            replace(SECOND, payments=(replace(SECOND.payments[0], voucher_no="付息- a1"),)),
        ],
        ["voucher_twice"],
    ),
    "no voucher": (paying(voucher_no=" "), ["voucher_missing"]),
    "a refund without voucher": (first(refunds=(Refund(Q1[1], Decimal(1)),)), ["voucher_missing"]),
    "paid before the period ended": (paying(paid_on=date(2024, 3, 19)), ["paid_before_period_end"]),
    "paid in the future": (paying(paid_on=date(2026, 1, 21), penalty_yuan=Decimal(0)), ["paid_in_future", "paid_late"]),
    "paid late and no penalty": (paying(paid_on=date(2024, 4, 20)), ["paid_late"]),
    "not paid": (first(payments=(), stated_interest_yuan=FIRST.paid_yuan), ["not_paid"]),
    "paid in part": (
        first(stated_interest_yuan=FIRST.paid_yuan, payments=(replace(PAID, paid_yuan=Decimal(1000000)),)),
        ["paid_below_stated"],
    ),
    "paid too much": (
        first(stated_interest_yuan=FIRST.paid_yuan, payments=(replace(PAID, paid_yuan=Decimal(3000000)),)),
        ["paid_above_stated"],
    ),
    "penal parts above the payment": (
        first(
            stated_interest_yuan=FIRST.paid_yuan,
            payments=(replace(PAID, paid_yuan=Decimal(5), compound_yuan=Decimal(6)),),
        ),
        ["penal_above_paid", "paid_below_stated"],
    ),
    "a refund above the payment": (first(refunds=(Refund(Q1[1], FIRST.paid_yuan + 1, "R"),)), ["refund_above_paid"]),
    "a refund before the payment": (
        first(refunds=(Refund(date(2024, 3, 19), Decimal(1), "R"),)),
        ["refund_before_payment"],
    ),
    "a refund in the future": (first(refunds=(Refund(date(2026, 1, 21), Decimal(1), "R"),)), ["refund_in_future"]),
    "an accumulated balance beside others": (
        first(accumulated_balance=PRINCIPAL),
        ["accumulated_differs_from_balances"],
    ),
    "an accumulated balance below the records": (
        first(
            balances=(),
            accumulated_balance=PRINCIPAL * 90,
            stated_interest_yuan=interest(Q1[0], date(2024, 3, 19), "0.039"),
            payments=(replace(PAID, paid_yuan=interest(Q1[0], date(2024, 3, 19), "0.039")),),
        ),
        ["accumulated_differs_from_records"],
    ),
    "an accumulated balance above what was drawn": (
        first(
            balances=(), accumulated_balance=PRINCIPAL * 92, payments=(replace(PAID, paid_yuan=interest(*Q2, "0.039")),)
        ),
        ["accumulated_above_drawn"],
    ),
    "another settlement day": (at(Q2[0], date(2024, 6, 21)), ["settlement_day_differs"]),
    "half a year in one line": (at(Q2[0], date(2024, 9, 20)), ["period_too_long"]),
    "a loan of nobody": ([FIRST, SECOND, line(date(2024, 6, 21), date(2024, 9, 20), loan_id="L9")], ["unknown_loan"]),
    "a balance that is not carried": (
        second(balances=(BalanceSegment(Q2[0], Q2[0], HALF), BalanceSegment(date(2024, 3, 22), Q2[1], PRINCIPAL))),
        ["balance_differs_from_records", "interest_differs", "balance_not_carried"],
    ),
}


def repaid(on: date, amount: Decimal = PRINCIPAL) -> Loan:
    return replace(LOAN, repayments=(Repayment("R1", on, amount, "R1"),))


LOANS: dict[str, tuple[Loan, list[str]]] = {
    "drawn above the contract": (
        replace(LOAN, principal_yuan=HALF),
        ["drawn_above_contract", "balance_above_contract", "balance_above_contract"],
    ),
    "days before the drawdown": (
        replace(LOAN, drawdowns=(replace(DRAWN, on=date(2024, 1, 1)),)),
        ["days_before_drawdown"],
    ),
    "above what was drawn": (
        replace(LOAN, drawdowns=(replace(DRAWN, amount_yuan=HALF, id="1"), Drawdown("2", Q2[0], HALF))),
        ["balance_above_drawn"],
    ),
    "after full repayment": (repaid(date(2024, 6, 1)), ["balance_after_full_repayment"]),
    "repaid above what was drawn": (repaid(date(2025, 1, 1), PRINCIPAL + 1), ["repaid_above_drawn"]),
    "a drawdown of nothing": (
        replace(LOAN, drawdowns=(DRAWN, Drawdown("0", Q1[0], Decimal(0)))),
        ["amount_not_positive"],
    ),
    "after maturity": (replace(LOAN, original_term_months=5), ["after_maturity"]),
    "in an extension nobody recognised": (
        replace(LOAN, original_term_months=5, extensions=(Extension("E", date(2024, 5, 21), date(2024, 12, 20)),)),
        ["unrecognised_extension"],
    ),
    "an extension that leaves a hole": (
        replace(
            LOAN, original_term_months=5, extensions=(Extension("E", date(2024, 5, 22), date(2024, 12, 20), True),)
        ),
        ["extension_not_adjoining", "after_maturity"],
    ),
    "floating at another spread": (replace(FLOATING, spread_bp=Decimal(44)), ["rate_differs", "rate_differs"]),
    "floating and repriced": (replace(FLOATING, repricing_days=(date(2024, 8, 1),)), []),
    "floating and repriced in the period": (
        replace(
            FLOATING, tenor="5Y", spread_bp=Decimal(-30), original_term_months=61, repricing_days=(date(2024, 3, 21),)
        ),
        ["rate_differs"],
    ),
    "a fixed contract without rate": (replace(LOAN, annual_rate=None), ["rate_missing"]),
    "a floating contract without spread": (replace(FLOATING, spread_bp=None), ["rate_missing"]),
    "a fixed contract that reprices": (replace(LOAN, repricing_days=(Q2[0],)), ["fixed_repriced"]),
    "repriced before it was drawn": (
        replace(FLOATING, repricing_days=(date(2023, 12, 1),)),
        ["repriced_before_drawdown"],
    ),
    "the tenor of another term": (replace(LOAN, tenor="5Y"), ["tenor_differs"]),
    "dollars": (replace(LOAN, currency="USD"), ["other_currency"]),
    "a share of more than all": (replace(LOAN, share=Decimal("1.1")), ["share_out_of_range"]),
    "a share of nothing": (replace(LOAN, share=Decimal(0)), ["share_out_of_range"]),
    "a settlement day that no month has": (
        replace(LOAN, settlement_day=32),
        ["settlement_day_impossible", "settlement_day_differs", "settlement_day_differs"],
    ),
    "no settlement day": (replace(LOAN, settlement_day=None), []),
    "drawn in the future": (
        replace(LOAN, principal_yuan=PRINCIPAL * 2, drawdowns=(DRAWN, Drawdown("2", date(2026, 2, 1), HALF))),
        ["principal_in_future"],
    ),
    "drawn after maturity": (
        replace(
            LOAN,
            original_term_months=6,
            principal_yuan=PRINCIPAL * 2,
            drawdowns=(DRAWN, Drawdown("2", date(2025, 2, 1), HALF)),
        ),
        ["drawn_after_maturity"],
    ),
    "a voucher for two drawdowns": (
        replace(
            LOAN,
            drawdowns=(
                replace(DRAWN, id="1", amount_yuan=HALF, voucher_no="D"),
                replace(DRAWN, id="2", amount_yuan=HALF, voucher_no=" d"),
            ),
        ),
        ["principal_voucher_twice"],
    ),
    "a drawdown on a day without a line": (
        replace(LOAN, drawdowns=(replace(DRAWN, on=date(2023, 12, 1)),)),
        ["gap"],
    ),
    "nothing drawn": (replace(LOAN, drawdowns=()), ["days_before_drawdown", "no_drawdown"] * 2),
    "the other day basis": (replace(LOAN, day_count_basis=365), ["basis_differs", "basis_differs"]),
}
