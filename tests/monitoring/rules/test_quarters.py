"""Checks of a quarterly report: each remark at its limit, one fen or one share above it. 四（一）1, 四（一）2"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.rules.quarters import Award, QuarterReport, Remark, check_quarter
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("四（一）1", "四（一）2")

DAY = date(2024, 10, 14)
KEPT, BASE = "30000000.00", "300000000.00"
Found = set[tuple[str, str, str]]


def spent(amount: str, purpose: str = "structure") -> dict[str, str]:
    return {"purpose": purpose, "amount_yuan": amount}


def invested(amount: str, kind: str = "building") -> dict[str, str]:
    return {"kind": kind, "done_yuan": amount}


def letting(**areas: Any) -> dict[str, Any]:
    return {
        "index": 0,
        "leasable_area_m2": "900.00",
        "moved_in_area_m2": "300.00",
        "signed_area_m2": "600.00",
    } | areas


def report(**changes: Any) -> QuarterReport:
    """Return a report without any remark."""
    stated: dict[str, Any] = {
        "progress": "0.5",
        "investment": [invested("120000000.00")],
        "subsidy_received_yuan": KEPT,
        "subsidy_used": [spent("1000000.00")],
    }
    return QuarterReport.model_validate(stated | changes)


def award(**changes: Any) -> Award:
    usual: dict[str, Any] = {"mode": "investment_grant", "kept_yuan": Decimal(KEPT), "base_yuan": Decimal(BASE)}
    return Award(**usual | {"component_kinds": ("building", "factory")} | changes)


def remarks(new: QuarterReport, of: Award | None = None, previous: QuarterReport | None = None) -> Found:
    return {(each.severity, each.pointer, each.code) for each in check_quarter(new, of or award(), previous, DAY)}


def error(pointer: str, code: str) -> Found:
    return {("error", pointer, code)}


def warning(pointer: str, code: str) -> Found:
    return {("warning", pointer, code)}


MORE_RECEIVED: dict[str, Any] = {"subsidy_received_yuan": "30000000.01"}
USED = "/subsidy_used"
RECEIVED = "/subsidy_received_yuan"
OVER_RECEIPT = error(RECEIVED, "received_over_released")
BELOW_RECEIPT = warning(RECEIVED, "received_below_released")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"subsidy_used": [spent("10000000.00"), spent("20000000.00", "fit_out")]}, set()),
        (
            MORE_RECEIVED | {"subsidy_used": [spent("10000000.01"), spent("20000000.00", "fit_out")]},
            OVER_RECEIPT | error(USED, "used_over_released"),
        ),
        (MORE_RECEIVED, OVER_RECEIPT),
        ({"subsidy_received_yuan": "29999999.99"}, BELOW_RECEIPT),
        ({"subsidy_received_yuan": "1000000.00"}, BELOW_RECEIPT),
        ({"subsidy_received_yuan": "999999.99"}, BELOW_RECEIPT | error(USED, "used_over_received")),
    ],
)
def test_money_used_received_and_released(changes: dict[str, Any], expected: Found) -> None:
    assert remarks(report(**changes)) == expected


@pytest.mark.parametrize(
    "purpose", ["structure", "green_retrofit", "digital_infrastructure", "fit_out", "area_infrastructure"]
)
def test_a_grant_pays_for_works_and_an_interest_subsidy_for_interest(purpose: str) -> None:
    works, interest = report(subsidy_used=[spent("1.00", purpose)]), report(subsidy_used=[spent("1.00", "interest")])
    subsidy = award(mode="interest_subsidy")
    outside = warning("/subsidy_used/0/purpose", "purpose_outside_award")
    assert (remarks(works), remarks(interest)) == (set(), outside)
    assert (remarks(works, subsidy), remarks(interest, subsidy)) == (outside, set())


@pytest.mark.parametrize(("amount", "outside"), [("0.00", False), ("0.01", True)])
def test_other_spending_is_remarked_from_the_first_fen(amount: str, outside: bool) -> None:
    stated = report(subsidy_used=[spent("1.00"), spent(amount, "other")])
    assert remarks(stated) == (warning("/subsidy_used/1/purpose", "purpose_outside_award") if outside else set())


def test_a_purpose_a_kind_and_a_component_have_one_line_each() -> None:
    stated = report(
        subsidy_used=[spent("1.00"), spent("2.00", "fit_out"), spent("3.00")],
        investment=[invested("100000000.00"), invested("20000000.00", "factory"), invested("100000000.00")],
        occupancy=[letting(), letting(index=1), letting(index=1)],
    )
    assert remarks(stated) == (
        error("/subsidy_used/2/purpose", "repeated")
        | error("/investment/2", "repeated")
        | error("/occupancy/2", "repeated")
    )


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("0.5", "0.51", set()),
        ("0.5", "0.5", warning("/progress", "no_progress")),
        ("0.51", "0.5", error("/progress", "progress_falls")),
        ("1", "1", set()),
    ],
)
def test_progress_grows_until_it_is_complete(before: str, now: str, expected: Found) -> None:
    money = {"investment": [invested("300000000.00")]}
    assert remarks(report(progress=now, **money), previous=report(progress=before, **money)) == expected


@pytest.mark.parametrize(
    ("kept", "before", "now", "falls"),
    [
        (KEPT, "2000000.00", "2000000.00", False),
        (KEPT, "2000000.00", "1999999.99", True),
        ("1500000.00", "2000000.00", "1500000.00", False),
        ("1500000.00", "2000000.00", "1499999.99", True),
        ("0.00", "2000000.00", "0.00", False),
    ],
)
def test_use_may_fall_only_to_what_the_project_keeps(kept: str, before: str, now: str, falls: bool) -> None:
    previous = report(progress="0.4", subsidy_used=[spent(before)])
    stated = report(subsidy_received_yuan=kept, subsidy_used=[spent(now)])
    expected = error(USED, "subsidy_used_falls") if falls else set()
    assert remarks(stated, award(kept_yuan=Decimal(kept)), previous) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([invested("120000000.00"), invested("5.00", "factory")], set()),
        ([invested("119999999.99"), invested("5.00", "factory")], error("/investment", "investment_falls")),
        ([invested("120000000.00"), invested("4.99", "factory")], error("/investment", "investment_falls")),
        ([invested("120000005.00")], error("/investment", "investment_falls")),
        ([invested("120000000.00"), invested("6.00", "factory")], set()),
    ],
)
def test_investment_never_falls_by_kind(now: list[dict[str, str]], expected: Found) -> None:
    previous = report(progress="0.4", investment=[invested("120000000.00"), invested("5.00", "factory")])
    assert remarks(report(investment=now), previous=previous) == expected


def test_a_kind_that_the_project_lacks_is_an_error() -> None:
    stated = report(investment=[invested("120000000.00"), invested("0.00", "infrastructure")])
    assert remarks(stated) == error("/investment/1", "kind_not_in_project")


@pytest.mark.parametrize(("one", "large"), [("999999999999998.99", False), ("999999999999999.00", True)])
def test_the_sum_of_investment_stays_below_ten_to_the_fifteenth(one: str, large: bool) -> None:
    stated = report(investment=[invested(one), invested("1.00", "factory")])
    assert remarks(stated) == (error("/investment", "too_large") if large else set())


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ({}, set()),
        ({"moved_in_area_m2": "600.00"}, set()),
        ({"moved_in_area_m2": "600.01"}, warning("/occupancy/0/moved_in_area_m2", "moved_in_over_signed")),
        ({"signed_area_m2": "900.00"}, set()),
        ({"signed_area_m2": "900.01"}, error("/occupancy/0/signed_area_m2", "occupancy_over_one")),
        ({"moved_in_area_m2": "900.00", "signed_area_m2": "900.00"}, set()),
        (
            {"moved_in_area_m2": "900.01", "signed_area_m2": "900.01"},
            error("/occupancy/0/moved_in_area_m2", "occupancy_over_one")
            | error("/occupancy/0/signed_area_m2", "occupancy_over_one"),
        ),
        ({"index": 1}, set()),
        ({"index": 2}, error("/occupancy/0/index", "no_such_component")),
    ],
)
def test_areas_of_a_component(areas: dict[str, Any], expected: Found) -> None:
    assert remarks(report(occupancy=[letting(**areas)])) == expected


@pytest.mark.parametrize(
    ("done", "ahead"), [("90000000.00", False), ("89999999.99", True)], ids=["20 points", "more than 20 points"]
)
def test_progress_may_be_ahead_of_investment_by_the_tolerance(
    done: str, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = report(investment=[invested(done)])
    expected = warning("/progress", "progress_ahead_of_investment")
    assert remarks(stated) == (expected if ahead else set())
    assert remarks(stated, award(base_yuan=Decimal(0))) == set()
    add_period(monkeypatch, "quarter_progress_tolerance", date(2024, 10, 14), 0.19)
    assert remarks(stated) == expected
    add_period(monkeypatch, "quarter_progress_tolerance", date(2024, 10, 15), 0.30)
    assert remarks(stated) == expected


@pytest.mark.parametrize(("done", "over"), [("1000000.00", False), ("999999.99", True)])
def test_subsidy_used_beyond_the_investment_is_remarked(done: str, over: bool) -> None:
    stated = report(progress="0", investment=[invested(done)])
    assert remarks(stated) == (warning(USED, "used_over_investment") if over else set())


@pytest.mark.clause("四（二）2")
@pytest.mark.parametrize(("support", "over"), [("270000000.00", False), ("270000000.01", True)])
def test_public_money_beyond_the_investment_base_is_remarked(
    support: str, over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = report(district_support_yuan=support)
    expected = warning("/district_support_yuan", "public_money_over_base")
    assert remarks(stated) == (expected if over else set())
    assert remarks(stated, award(base_yuan=Decimal(0))) == set()
    add_period(monkeypatch, "public_money_warning_share", DAY, 0.9)
    assert remarks(stated) == expected


def test_errors_come_first_and_state_the_amounts() -> None:
    stated = report(progress="0.9", subsidy_received_yuan="999999.99")
    found = check_quarter(stated, award(), None, DAY)
    assert [each.severity for each in found] == ["error", "warning", "warning"]
    assert found[0].to_json() == {
        "severity": "error",
        "pointer": USED,
        "code": "used_over_received",
        "detail": "累计使用 1000000.00 元，超过到账 999999.99 元",
    }
    assert found[1:] == [
        Remark("warning", RECEIVED, "received_below_released", "到账 999999.99 元，少于已拨付 30000000.00 元，请说明"),
        Remark("warning", "/progress", "progress_ahead_of_investment", "形象进度高于投资完成比例 40.00%"),
    ]
