"""The day whose rules govern, the judgement, and each condition of a review's conclusion (I16). 二（五）, 四（一）2"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.eligibility.rules.reviews import (
    NO_EDITION,
    NotMet,
    NotReceived,
    ReviewState,
    StillOpen,
    check_pass,
    check_rejection,
    decided_on,
    judge,
    open_clauses,
    reference_day,
    summary,
)
from shared.errors import Invalid
from shared.policy import Decision, interpretations
from tests.shared.policy.worked_cases import base

pytestmark = pytest.mark.clause("四（一）2")

ACCEPTED, TODAY = date(2024, 3, 1), date(2024, 6, 3)
RECEIVED = ReviewState(date(2024, 5, 6), "under_construction", None)


def decision(**changes: Any) -> Decision:
    facts = {**base("building"), "district": "110105"} | changes
    return judge(facts, ACCEPTED, {}).decision


PASSING = decision()
UNMET = decision(title_clear=False, in_reserve_library=False, single_entity=None)
OPEN = decision(title_clear=None)
EXCEPTION = decision(in_reserve_library=False)
TWO_EXCEPTIONS = decision(in_reserve_library=False, construction_status="not_ready")


def test_the_reading_of_the_decision_day() -> None:
    assert decided_on(TODAY, "approval") == TODAY
    assert decided_on(TODAY, "acceptance") is None


@pytest.mark.parametrize(
    ("accepted_on", "chosen", "decided", "expected"),
    [
        (ACCEPTED, None, None, (ACCEPTED, "district_acceptance")),
        (ACCEPTED, None, TODAY, (TODAY, "approval")),
        (ACCEPTED, "2023", TODAY, (ACCEPTED, "chosen_edition")),
        (ACCEPTED, "2021", None, (date(2023, 5, 31), "chosen_edition")),
        (date(2022, 3, 1), "2021", None, (date(2022, 3, 1), "chosen_edition")),
        (date(2022, 3, 1), "2023", None, (date(2023, 8, 31), "chosen_edition")),
        (date(2021, 5, 27), "2021", None, (date(2021, 5, 28), "chosen_edition")),
        (date(2023, 7, 1), "2021", None, (date(2023, 5, 31), "chosen_edition")),
        (date(2023, 7, 1), "2023", None, (date(2023, 8, 31), "chosen_edition")),
    ],
)
def test_the_day_whose_rules_govern(
    accepted_on: date, chosen: str | None, decided: date | None, expected: tuple[date, str]
) -> None:
    assert reference_day(accepted_on, chosen, decided) == expected


def test_an_edition_that_does_not_exist_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="没有版本 2020，可选版本：2021、2023") as refusal:
        reference_day(ACCEPTED, "2020")
    assert refusal.value.field == "/body/edition"


def test_a_judgement_has_its_rules_and_its_record() -> None:
    judgement = judge({**base("building"), "district": "110105"}, ACCEPTED, {"cap_scope": "category"})
    assert judgement.ruleset is not None
    assert judgement.ruleset.interpretations["cap_scope"] == "category"
    assert judgement.decision.district == "110105"
    assert judgement.record == judgement.decision.to_json()
    assert judgement.summary == judgement.decision.headline


def test_settlements_of_rules_outside_the_edition_are_ignored() -> None:
    facts = {**base("building"), "planning_conforms": None}
    settled = judge(facts, ACCEPTED, {}, settled={"planning_conforms": True, "key_area": True}).decision
    assert (settled.decision, settled.settled) == ("eligible", {"planning_conforms": True})
    assert judge(facts, ACCEPTED, {}, settled={"planning_conforms": False}).decision.decision == "ineligible"


@pytest.mark.parametrize(
    ("as_of", "edition"),
    [
        (date(2023, 5, 31), "2021"),
        (date(2023, 6, 1), ""),
        (date(2023, 8, 30), ""),
        (date(2023, 8, 31), "2023"),
    ],
)
def test_between_the_editions_the_answer_is_undetermined(as_of: date, edition: str) -> None:
    facts = {**base("building"), "district": "110106"}
    judgement = judge(facts, as_of, {"cap_scope": "category"})
    assert judgement.decision.edition == edition
    if edition:
        return
    assert judgement.ruleset is None
    assert judgement.summary.startswith("待定：")
    record = judgement.record
    assert (record["decision"], record["phase"], record["as_of"]) == ("undetermined", "declare", as_of.isoformat())
    assert (record["district"], record["open"], record["missing"]) == ("110106", ["二"], [NO_EDITION])
    assert record["facts"] == facts
    assert record["interpretations"] == interpretations({"cap_scope": "category"})


def test_the_summary_lists_clauses_by_what_is_wrong() -> None:
    assert summary(PASSING) == PASSING.headline
    assert summary(OPEN) == f"{OPEN.headline}。待定：二（二）"
    assert summary(EXCEPTION) == f"{EXCEPTION.headline}。须说明理由：四（一）2"
    assert summary(UNMET) == f"{UNMET.headline}。未满足：二（二）。须说明理由：四（一）2"


def test_open_clauses_count_principles_and_no_encouragement() -> None:
    assert open_clauses(PASSING) == ()
    assert open_clauses(OPEN) == ("二（二）",)
    assert open_clauses(decision(in_reserve_library=None)) == ("四（一）2",)
    assert open_clauses(decision(heat_pump_heating=None)) == ()
    assert open_clauses(decision(title_clear=None, operating_mechanism=None)) == ("二（二）",)


def test_a_review_may_pass_with_all_conditions_met() -> None:
    assert check_pass(RECEIVED, PASSING, {}) == {}
    assert check_pass(RECEIVED, PASSING, {"四（一）2": "不需要的理由"}) == {}


def test_a_condition_that_is_not_met_prevents_a_pass() -> None:
    with pytest.raises(NotMet, match="未满足：二（二）") as refusal:
        check_pass(RECEIVED, UNMET, {"四（一）2": "理由"})
    assert refusal.value.extra["clauses"] == ["二（二）"]


@pytest.mark.parametrize(("waiting", "clause"), [(OPEN, "二（二）"), (decision(in_reserve_library=None), "四（一）2")])
def test_an_open_finding_prevents_a_pass(waiting: Decision, clause: str) -> None:
    with pytest.raises(StillOpen, match="待定") as refusal:
        check_pass(RECEIVED, waiting, {})
    assert refusal.value.extra["clauses"] == [clause]


@pytest.mark.clause("二（五）")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"received_on": None}, "尚未接收"),
        ({"construction_status": None}, "尚未接收"),
        ({"construction_status": "completed"}, "已完工"),
        ({"construction_status": "completed", "received_on": None}, "已完工"),
    ],
)
def test_a_declaration_passes_only_after_its_receipt_and_before_completion(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NotReceived, match=words):
        check_pass(replace(RECEIVED, **changes), PASSING, {})


def test_an_exception_needs_its_reason_from_the_district_or_from_the_city() -> None:
    forwarded = replace(RECEIVED, library_exception_reason="区里的理由")
    with pytest.raises(Invalid, match="四（一）2") as refusal:
        check_pass(RECEIVED, EXCEPTION, {})
    assert refusal.value.field == "/body/exceptions"
    assert check_pass(forwarded, EXCEPTION, {}) == {"四（一）2": "区里的理由"}
    assert check_pass(forwarded, EXCEPTION, {"四（一）2": "市里的理由"}) == {"四（一）2": "市里的理由"}
    assert check_pass(RECEIVED, EXCEPTION, {"四（一）2": "市里的理由", "二（五）": "别的"}) == {
        "四（一）2": "市里的理由"
    }
    with pytest.raises(Invalid, match=r"例外理由：二（五）$"):
        check_pass(forwarded, TWO_EXCEPTIONS, {})
    given = {"二（五）": "手续将于下月办结"}
    assert check_pass(forwarded, TWO_EXCEPTIONS, given) == {"四（一）2": "区里的理由", **given}


@pytest.mark.parametrize(
    ("judged", "clauses", "words"),
    [
        (UNMET, ["二（二）"], None),
        (UNMET, ["四（一）2"], None),
        (UNMET, ["二（二）", "四（一）2"], None),
        (UNMET, [], "不通过须列明未满足的条款，可选：二（二）、四（一）2"),
        (UNMET, ["二（二）", "二（五）"], "以下条款不满足：二（五）；可选：二（二）、四（一）2"),
        (PASSING, [], "可选：无（没有未满足的条款，不能作不通过结论）"),
        (PASSING, ["二（二）"], "以下条款不满足：二（二）"),
        (OPEN, ["二（二）"], "以下条款不满足：二（二）"),
    ],
)
def test_a_rejection_names_clauses_that_are_not_met(judged: Decision, clauses: list[str], words: str | None) -> None:
    if words is None:
        check_rejection(judged, clauses)
        return
    with pytest.raises(Invalid) as refusal:
        check_rejection(judged, clauses)
    assert words in str(refusal.value)
    assert refusal.value.field == "/body/clauses"
