"""Tests of the checks of a quarterly report. 四（一）1, 四（一）2"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.rules.quarters import Award, QuarterReport, check_quarter

pytestmark = pytest.mark.clause("四（一）1", "四（一）2")

DAY = date(2024, 10, 14)


def report(used: str, **changes: Any) -> QuarterReport:
    stated: dict[str, Any] = {
        "progress": "0.5",
        "subsidy_received_yuan": "30000000.00",
        "subsidy_used": [{"purpose": "structure", "amount_yuan": used}],
    }
    return QuarterReport.model_validate(stated | changes)


def codes(new: QuarterReport, kept: str, previous: QuarterReport | None = None) -> set[str]:
    award = Award("investment_grant", Decimal(kept), ("building",), Decimal("300000000.00"))
    return {remark.code for remark in check_quarter(new, award, previous, DAY) if remark.severity == "error"}


@pytest.mark.parametrize(("used", "fault"), [("30000000.00", set()), ("30000000.01", {"used_over_released"})])
def test_use_above_the_released_amount_is_an_error(used: str, fault: set[str]) -> None:
    assert fault <= codes(report(used, subsidy_received_yuan="30000000.01"), "30000000.00")


def test_falling_use_is_an_error() -> None:
    assert codes(report("900000.00"), "30000000.00", report("1000000.00")) == {"subsidy_used_falls"}


def test_use_may_fall_after_a_clawback() -> None:
    back = report("0.00", subsidy_received_yuan="0.00")
    assert codes(back, "0.00", report("1000000.00")) == set()
