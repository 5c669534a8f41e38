"""The register of dated figures: versions, the package's first entries, and what the work under way reads."""

from datetime import date
from typing import Any

import pytest

from shared.deadlines import is_working_day, working_days_after
from shared.policy import interpretations, lpr, parameter, resolve
from shared.policy.errors import BeyondKnownSeries
from shared.policy.parameters import quotation
from shared.policy.reference_rates import registered_rates
from shared.series import Batch, FiguresNotReceived, Register, fold, reading_from
from shared.series.package import package

MARCH, APRIL = date(2026, 3, 20), date(2026, 4, 20)


def entered(kind: str, number: int, *figures: dict[str, Any], of_package: bool = False) -> Batch:
    return Batch(kind, number, figures, of_package)


def rate(tenor: str, day: date, value: str, **marks: Any) -> dict[str, Any]:
    return {"key": tenor, "valid_from": day.isoformat(), "value": value, **marks}


def register(*batches: Batch, **heads: Any) -> Register:
    return fold(package(), batches, **heads)


def test_a_quotation_entered_counts_from_its_day_and_the_message_names_the_way_until_then() -> None:
    with pytest.raises(BeyondKnownSeries, match=r"请先补录.*POST /v1/series/batches.*tenghuan series import lpr"):
        lpr(MARCH)
    with reading_from(register(entered("lpr", 1, rate("1Y", MARCH, "2.90"), rate("5Y", MARCH, "3.40")))) as work:
        assert [str(lpr(day, tenor)) for day in (date(2026, 3, 19), MARCH) for tenor in ("1Y", "5Y")] == [
            "0.03", "0.035", "0.029", "0.034",
        ]  # fmt: skip
        assert registered_rates().in_force(MARCH, "5Y", 120).published_on == MARCH
        assert work.used == {
            "lpr/1Y/2026-02-24/1", "lpr/5Y/2026-02-24/1", "lpr/1Y/2026-03-20/1", "lpr/5Y/2026-03-20/1",
        }  # fmt: skip


def test_a_correction_is_a_new_version_and_a_struck_quotation_holds_no_longer() -> None:
    typo, right = rate("1Y", MARCH, "29.0"), rate("1Y", MARCH, "2.90")
    struck = rate("1Y", MARCH, "2.90", struck=True)
    corrected = register(entered("lpr", 2, right), entered("lpr", 1, typo))
    with reading_from(corrected) as work:
        assert str(lpr(MARCH)) == "0.029"
        assert work.used == {"lpr/1Y/2026-03-20/2"}
    assert [figure.value for figure in corrected.versions if figure.valid_from == MARCH] == ["29.0", "2.90"]
    gone = register(entered("lpr", 1, right), entered("lpr", 2, struck))
    with reading_from(gone), pytest.raises(BeyondKnownSeries):
        lpr(MARCH)


def test_an_unverified_quotation_says_so_until_a_verified_version_follows() -> None:
    february = date(2026, 2, 24)
    assert [quotation(february, tenor).unverified for tenor in ("1Y", "5Y")] == [True, False]
    with reading_from(register(entered("lpr", 1, rate("1Y", february, "3.00")))):
        assert not quotation(february).unverified
        assert registered_rates().in_force(february, "1Y", 12).verified


def test_the_stored_package_replaces_its_file_and_a_later_package_only_adds() -> None:
    first = entered("lpr", 1, rate("1Y", date(2026, 2, 24), "3.00"), of_package=True)
    assert len(register(first).versions) == len(package())
    (figure,) = [each for each in register(first).versions if each.place == ("lpr", "1Y", date(2026, 2, 24))]
    assert (figure.version, figure.number) == (1, 1)


def test_a_service_that_lacks_a_confirmed_figure_does_not_compute_with_an_older_one() -> None:
    with reading_from(register(behind=["lpr"])):
        with pytest.raises(FiguresNotReceived, match=r"LPR.*尚未收到"):
            lpr(date(2024, 1, 2))
        assert parameter("interest_years", date(2024, 1, 2)) == 2
    with reading_from(register(behind=["parameter"])):
        for call in (lambda: parameter("interest_years", MARCH), lambda: resolve(MARCH)):
            with pytest.raises(FiguresNotReceived):
                call()
    with reading_from(register(behind=["interpretation"])), pytest.raises(FiguresNotReceived):
        interpretations()
    with reading_from(register(behind=["calendar"])), pytest.raises(FiguresNotReceived):
        is_working_day(MARCH)


def test_a_reading_applies_from_its_day_and_earlier_cases_keep_theirs() -> None:
    change = {"key": "package_rate", "valid_from": "2026-07-01", "value": "dominant"}
    with reading_from(register(entered("interpretation", 1, change)), date(2026, 8, 1)) as work:
        assert resolve(date(2026, 6, 30)).interpretations["package_rate"] == "by_component"
        after = resolve(date(2026, 7, 1))
        assert after.interpretations["package_rate"] == "dominant"
        assert interpretations()["package_rate"] == "dominant"
        assert interpretations({"package_rate": "by_component"})["package_rate"] == "by_component"
        assert {"interpretation/package_rate/2026-07-01/1", "interpretation/package_rate/2021-05-28/1"} <= work.used


def test_a_calendar_announced_late_shifts_a_deadline_and_makes_it_known() -> None:
    before = working_days_after(date(2029, 9, 28), 3)
    days = {"holidays": ["2029-10-01", "2029-10-02", "2029-10-03"], "make_up_days": ["2029-09-29"]}
    years = [{"key": str(year), "valid_from": f"{year}-01-01", "value": days} for year in range(2027, 2030)]
    with reading_from(register(entered("calendar", 1, *years))):
        after = working_days_after(date(2029, 9, 28), 3)
    assert (before.on, before.calendar_known) == (date(2029, 10, 3), False)
    assert (after.on, after.calendar_known) == (date(2029, 10, 5), True)


def test_a_figure_entered_changes_the_rule_set_and_its_version_does_not() -> None:
    same = {"key": "grant_cap_yuan", "valid_from": "2023-08-31", "value": "50000000", "ref": "2023#二（四）1"}
    quote = {"quote": "最高不超过 5000万元"}
    day, shipped = date(2026, 3, 1), resolve(date(2026, 3, 1))
    with reading_from(register(entered("parameter", 1, {**same, **quote}))):
        again = resolve(day)
    with reading_from(register(entered("parameter", 1, {**same, **quote, "value": "60000000"}))):
        raised = resolve(day)
    assert again.hash == shipped.hash != raised.hash
    assert "parameter/grant_cap_yuan/2023-08-31/2" in again.figures


def test_a_month_that_was_left_out_is_unknown_until_it_is_entered_late() -> None:
    def known(day: date, *batches: Batch) -> tuple[str, str]:
        with reading_from(register(*batches)):
            found = []
            for source in ("figures", "rates"):
                try:
                    held = quotation(day) if source == "figures" else registered_rates().in_force(day, "1Y", 12)
                    found.append(str(held.rate))
                except BeyondKnownSeries:
                    found.append("unknown")
            return found[0], found[1]

    may = date(2026, 5, 20)
    gap = entered("lpr", 1, *(rate(tenor, day, "2.80") for tenor in ("1Y", "5Y") for day in (MARCH, may)))
    late = entered("lpr", 2, *(rate(tenor, APRIL, "2.70") for tenor in ("1Y", "5Y")))
    expected = {date(2026, 4, 19): "0.028", APRIL: "unknown", date(2026, 5, 19): "unknown", may: "0.028"}
    assert {day: known(day, gap) for day in expected} == {day: (value, value) for day, value in expected.items()}
    assert known(APRIL, gap, late) == known(date(2026, 5, 19), gap, late) == ("0.027", "0.027")
    with reading_from(register(gap)):
        assert list(registered_rates().changes(MARCH, date(2026, 7, 1))) == [may, APRIL, date(2026, 6, 20)]
