"""A quarterly submission: prepared, certified exactly as prepared, late from the day after the last (四（一）2)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.models.opinions import Opinion
from services.intake.models.quarters import ChangedSincePrepared, NotPrepared, QuarterSubmission
from shared.errors import WrongStatus

pytestmark = pytest.mark.clause("四（一）2")

DUE = date(2024, 4, 15)
AT, ON = datetime(2024, 4, 12, 1, 0, tzinfo=UTC), date(2024, 4, 12)


def submission(status: str) -> QuarterSubmission:
    kept = {"prepared_by": "first", "prepared_at": datetime(2024, 4, 9, tzinfo=UTC), "prepared_sha256": "aa"}
    return QuarterSubmission(status=status, due_on=DUE, **(kept if status != "open" else {}))


def content(of: QuarterSubmission) -> dict[str, Any]:
    return {name: value for name, value in vars(of).items() if not name.startswith("_")}


@pytest.mark.parametrize("status", ["open", "prepared"])
def test_preparing_again_replaces_the_prepared_rows(status: str) -> None:
    prepared = submission(status)
    prepared.prepare("second", AT, "bb")
    said = {"status": "prepared", "prepared_by": "second", "prepared_at": AT, "prepared_sha256": "bb"}
    assert content(prepared) == content(submission(status)) | said


def test_the_rows_are_certified_as_prepared() -> None:
    certified = submission("prepared")
    certified.certify("supervisor", AT, ON, "aa")
    said = {"status": "certified", "certified_by": "supervisor", "certified_at": AT}
    assert content(certified) == content(submission("prepared")) | said | {"late": False, "snapshot_sha256": "aa"}


@pytest.mark.parametrize(
    ("status", "act", "error"),
    [
        ("certified", lambda s: s.prepare("x", AT, "aa"), WrongStatus),
        ("certified", lambda s: s.certify("x", AT, ON, "aa"), WrongStatus),
        ("open", lambda s: s.certify("x", AT, ON, "aa"), NotPrepared),
        ("prepared", lambda s: s.certify("x", AT, ON, "ab"), ChangedSincePrepared),
    ],
    ids=["prepare certified", "certify certified", "certify unprepared", "certify other rows"],
)
def test_a_refused_act_changes_nothing(status: str, act: Any, error: type[Exception]) -> None:
    refused = submission(status)
    with pytest.raises(error):
        act(refused)
    assert content(refused) == content(submission(status))


@pytest.mark.parametrize(
    ("on", "late"), [(date(2024, 4, 14), False), (DUE, False), (date(2024, 4, 16), True)], ids=["before", "on", "after"]
)
def test_a_certification_and_an_opinion_are_late_from_the_day_after(on: date, late: bool) -> None:
    certified = submission("prepared")
    certified.certify("x", AT, on, "aa")
    assert certified.late is late
    assert Opinion(due_on=DUE, given_on=on).late is late
    assert Opinion(due_on=DUE, given_on=None).late is False
