"""The table of duties: what is refused when it is read, the days of an exclusion, the default outside its days."""

import tomllib
from datetime import date, timedelta
from typing import Any

import pytest

from shared.segregation import DUTIES, FILE, SEGREGATION, UNDATED, BadTable, read

FIRST_DAY = date(2024, 1, 1)
ENTRY = {"duty": "draft", "excludes": ["approve"], "reason": "理由", "source": "三（二）", "from": FIRST_DAY}
LABELS = {"draft": "拟办", "approve": "签发", "pay": "支付", "report": "报送"}


def table(*entries: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {"since": FIRST_DAY, "duties": LABELS | labels, "exclusion": list(entries)}


WRONG: dict[str, tuple[dict[str, Any], ...]] = {
    "unknown duties": (ENTRY | {"excludes": ["sign"]},),
    "unknown duties.*deciding": (ENTRY | {"duty": "deciding"},),
    "unknown duties.*paying": (ENTRY | {"excludes": ["*"], "except": ["paying"]},),
    "unknown members": (ENTRY | {"till": FIRST_DAY},),
    "no reason": (ENTRY | {"reason": " "},),
    "no source": ({name: value for name, value in ENTRY.items() if name != "source"},),
    "no first day": ({name: value for name, value in ENTRY.items() if name != "from"},),
    "ends before it begins": (ENTRY | {"until": FIRST_DAY},),
    "excludes itself": (ENTRY | {"excludes": ["draft"]},),
    "excludes nothing": (ENTRY | {"excludes": []},),
    "names a duty twice": (ENTRY | {"excludes": ["approve", "approve"]},),
    "two exclusions at once": (ENTRY, ENTRY | {"duty": "approve", "excludes": ["draft"], "from": date(2025, 1, 1)}),
    "two exclusions at once of": (ENTRY, ENTRY | {"excludes": ["*"]}),
}  # fmt: skip


@pytest.mark.parametrize("problem", WRONG)
def test_a_wrong_table_is_refused(problem: str) -> None:
    with pytest.raises(BadTable, match=problem):
        read(table(*WRONG[problem]))


def test_a_duty_needs_a_label() -> None:
    with pytest.raises(BadTable, match="sign"):
        read(table(ENTRY, sign=""))


def test_an_exclusion_holds_from_its_first_day_until_the_day_of_its_end() -> None:
    end = date(2025, 6, 1)
    after = ENTRY | {"from": end, "reason": "新理由"}
    dated = read(table(ENTRY | {"until": end}, after))
    day = timedelta(days=1)
    reasons = {
        on: getattr(dated.conflict(["draft"], "approve", on), "reason", None)
        for on in (FIRST_DAY, end - day, end, date.max)
    }
    assert reasons == {FIRST_DAY: "理由", end - day: "理由", end: "新理由", date.max: "新理由"}
    ended = read(table(ENTRY | {"until": end}))
    assert ended.conflict(["draft"], "approve", end) is None
    assert ended.conflict(["draft"], "approve", end - day)


def test_before_the_first_day_of_the_table_every_two_duties_exclude_each_other() -> None:
    dated, before = read(table(ENTRY)), FIRST_DAY - timedelta(days=1)
    assert all(dated.conflict([one], other, before) for one in LABELS for other in LABELS if one != other)
    assert getattr(dated.conflict(["pay"], "report", before), "reason", "") == UNDATED
    assert dated.conflict(["pay"], "pay", before) is None
    assert dated.conflict(["pay"], "report", FIRST_DAY) is None


def test_all_others_are_those_that_are_not_excepted() -> None:
    dated = read(table(ENTRY | {"excludes": ["*"], "except": ["report"]}))
    assert set(dated.excluding("draft", FIRST_DAY)) == {"approve", "pay"}
    assert [each.stated_for for each in dated.exclusions] == ["draft", "draft"]


def test_an_exclusion_works_both_ways_and_of_several_held_duties_any_counts() -> None:
    dated = read(table(ENTRY))
    assert dated.conflict(["approve"], "draft", FIRST_DAY)
    assert dated.conflict(["report", "pay", "draft"], "approve", FIRST_DAY)
    assert dated.conflict(["report", "pay", "approve"], "approve", FIRST_DAY) is None
    assert dated.conflict([], "approve", FIRST_DAY) is None


def test_a_held_duty_that_the_table_does_not_know_excludes_every_other() -> None:
    dated = read(table(ENTRY))
    refusal = dated.conflict(["of_the_future"], "pay", FIRST_DAY)
    assert refusal is not None
    assert refusal.other("pay") == "of_the_future"
    assert dated.label("of_the_future") == "of_the_future"


def test_every_duty_has_its_own_word_and_is_excluded_by_another() -> None:
    assert len(set(DUTIES.values())) == len(DUTIES)
    today = date(2026, 1, 1)
    assert [duty for duty in DUTIES if not set(SEGREGATION.excluding(duty, today)) - {"apply", "report"}] == [
        "choose_edition", "close_application", "confirm_report", "close_reading",
    ]  # fmt: skip


def test_the_pairs_that_were_found_open_are_closed() -> None:
    found = {
        ("release", "book_recovery"), ("clawback", "book_recovery"), ("draft_plan", "lift_bar"),
        ("approve", "lift_hold"), ("clawback", "lift_hold"), ("hold", "lift_hold"), ("submit_statement", "release"),
        ("submit_statement", "settle_statement"), ("check_claim", "submit_statement"),
        ("check_claim", "settle_statement"), ("check_claim", "release"), ("deliver", "evaluate"),
        ("register_money", "lift_bar"),
        ("draft_approval", "approve"), ("request_release", "release"), ("first_review", "forward"),
        ("score", "enter_pool"), ("request_clawback", "clawback"), ("inspect", "close_inspection"),
        ("evaluate", "issue_evaluation"), ("prepare_quarter", "certify_quarter"), ("draft_budget", "confirm_budget"),
        ("draft_plan", "issue_plan"), ("record_return", "decide_return"), ("rate", "decide_objection"),
        ("opinion", "forward"), ("first_review", "settle"),
    }  # fmt: skip
    today = date(2026, 1, 1)
    assert {pair for pair in found if not SEGREGATION.conflict([pair[0]], pair[1], today)} == set()


def test_the_file_is_covered_from_the_first_notice_on() -> None:
    raw = tomllib.loads(FILE.read_text("utf-8"))
    assert raw["since"] == date(2021, 1, 1)
    assert {entry["from"] for entry in raw["exclusion"]} == {date(2021, 1, 1)}
