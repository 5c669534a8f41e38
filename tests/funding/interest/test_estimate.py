"""The estimate is the recomputation of loans that are fully drawn and whose interest is paid. 二（四）2"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dates import window
from shared.policy import interpretations
from shared.policy.interest_estimate import EstimateTerms, PlannedLoan, estimate
from shared.policy.reference_rates import shipped_rates
from tests.funding.interest.projects import CAP, PROJECT, calculated, drawn, line

pytestmark = pytest.mark.clause("二（四）2")

ON = date(2024, 7, 22)


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.integers(0, 900), min_size=1, max_size=3),
    rate=st.integers(250, 450),
    months=st.sampled_from([12, 24, 36, 61]),
    principal=st.integers(1, 10**11),
    scope=st.sampled_from(["project", "loan"]),
    reading=st.sampled_from(["each_day", "drawdown", "approval"]),
    compared=st.sampled_from(["per_day", "per_line"]),
)
def test_the_estimate_is_what_paid_lines_would_give(
    days: list[int], rate: int, months: int, principal: int, scope: str, reading: str, compared: str
) -> None:
    yuan, annual = Decimal(principal) / 100, Decimal(rate) / 10000
    starts = [date(2023, 1, 1) + timedelta(days=day) for day in days]
    chosen = {"interest_limit_scope": scope, "lpr_date": reading, "rate_comparison": compared}
    planned = [PlannedLoan(f"L{n}", yuan, annual, months, None, start) for n, start in enumerate(starts)]
    terms = EstimateTerms(CAP, 2, ON, interpretations(chosen), Decimal(360), started_on=date(2023, 6, 1))
    loans = [
        drawn(start, yuan, id=f"L{n}", contract_no=f"甲{n}", original_term_months=months)
        for n, start in enumerate(starts)
    ]
    lines = [
        line(start, window(start, months=months), str(annual), balance=yuan, loan_id=f"L{n}", paid="9" * 12)
        for n, start in enumerate(starts)
    ]
    project = replace(PROJECT, construction_started_on=date(2023, 6, 1), approved_on=ON)
    rates = shipped_rates().as_known_on(ON)
    found = calculated(lines, loans, project=project, rates=rates, **chosen)  # type: ignore[arg-type]
    guessed = estimate(planned, terms, shipped_rates())
    assert guessed.award_yuan == found.payable_yuan
    assert guessed.uncapped_yuan == sum((one.eligible_yuan or Decimal(0) for one in found.lines), Decimal(0))
