"""Each act on a declaration in each stage: admitted or refused, and what it changes (三（一）)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.models.declarations import Declaration
from services.intake.rules.stages import STAGES
from shared.errors import WrongStatus

pytestmark = pytest.mark.clause("三（一）")

BEFORE, AT = datetime(2024, 3, 4, 1, 0, tzinfo=UTC), datetime(2024, 3, 15, 2, 0, tzinfo=UTC)
DAY, OLD_DUE, NEW_DUE = date(2024, 3, 15), date(2024, 3, 18), date(2024, 4, 12)
DISTRICT = {"submitted", "accepted", "opinion_requested", "opinion_given"}
REVIEWED = {"accepted", "opinion_requested", "opinion_given"}
OWNERS = {"draft", "returned"}
KEPT_DAYS = ("declared_on", "submitted_on", "accepted_on", "forwarded_on", "received_on")


def declaration(stage: str, **changed: Any) -> Declaration:
    """Return a declaration of the second round, each of whose dates is a day of its own."""
    fields: dict[str, Any] = {
        "stage": stage,
        "round": 2,
        "due_on": OLD_DUE,
        "updated_at": BEFORE,
        "assessed": True,
        "facts": {"project_type": "old_factory", "title_clear": True, "contiguous": False},
        "project_type": "old_factory",
        "simulated": ["address"],
        "project_name": "旧名",
        "undertaking_version": "2023-1",
        "undertaken_by": "owner",
        "undertaken_at": BEFORE,
    }
    days = {name: date(2024, 2, number) for number, name in enumerate(KEPT_DAYS, 1)}
    return Declaration(**fields | days | changed)


@dataclass(frozen=True)
class Act:
    """Call of an act, the stages that admit it, and the fields after it that differ."""

    call: Callable[[Declaration], None]
    stages: set[str]
    then: Mapping[str, Any]


VOID = {"undertaking_version": None, "undertaken_by": None, "undertaken_at": None}
ACTS = {
    "edit": Act(
        lambda d: d.edit({"project_name": "新名"}, {"project_type": None, "title_clear": False}, ["*"], AT),
        OWNERS,
        {
            "project_name": "新名",
            "facts": {"title_clear": False, "contiguous": False},
            "project_type": None,
            "simulated": ["*"],
            **VOID,
        },
    ),
    "edit of facts alone": Act(
        lambda d: d.edit({}, {"project_type": "area_package"}, None, AT),
        OWNERS,
        {
            "facts": {"project_type": "area_package", "title_clear": True, "contiguous": False},
            "project_type": "area_package",
            **VOID,
        },
    ),
    "undertake": Act(
        lambda d: d.undertake("2025-1", "other", AT),
        OWNERS,
        {"undertaking_version": "2025-1", "undertaken_by": "other", "undertaken_at": AT},
    ),
    "submit": Act(
        lambda d: d.submit(DAY, AT, NEW_DUE),
        OWNERS,
        {"stage": "submitted", "round": 3, "submitted_on": DAY, "due_on": NEW_DUE},
    ),
    "withdraw": Act(
        lambda d: d.withdraw(AT), OWNERS | DISTRICT | {"forwarded"}, {"stage": "withdrawn", "due_on": None}
    ),
    "accept": Act(lambda d: d.accept(DAY, AT, NEW_DUE), {"submitted"}, {"stage": "accepted", "due_on": NEW_DUE}),
    "return": Act(lambda d: d.return_for_correction(AT, NEW_DUE), DISTRICT, {"stage": "returned", "due_on": NEW_DUE}),
    "refuse": Act(lambda d: d.refuse(AT), DISTRICT, {"stage": "refused", "due_on": None}),
    "request opinion": Act(
        lambda d: d.request_opinion(AT, NEW_DUE),
        {"accepted", "opinion_given"},
        {"stage": "opinion_requested", "due_on": NEW_DUE},
    ),
    "record opinion": Act(
        lambda d: d.record_opinion(AT), {"opinion_requested"}, {"stage": "opinion_given", "due_on": None}
    ),
    "forward": Act(
        lambda d: d.forward(DAY, AT, NEW_DUE),
        REVIEWED,
        {"stage": "forwarded", "forwarded_on": DAY, "assessed": False, "due_on": NEW_DUE},
    ),
    "receive": Act(
        lambda d: d.receive(DAY, AT, NEW_DUE),
        {"forwarded"},
        {"stage": "assessed", "received_on": DAY, "due_on": NEW_DUE},
    ),
    "return from city": Act(
        lambda d: d.return_from_city(AT, NEW_DUE),
        {"forwarded", "received", "assessed"},
        {"stage": "returned", "due_on": NEW_DUE},
    ),
}


def content(of: Declaration) -> dict[str, Any]:
    return {name: value for name, value in vars(of).items() if not name.startswith("_")}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_admitted_in_its_stages_alone(name: str, stage: str) -> None:
    act, acted, untouched = ACTS[name], declaration(stage), content(declaration(stage))
    if stage in act.stages:
        act.call(acted)
        assert content(acted) == untouched | {"updated_at": AT} | dict(act.then)
    else:
        with pytest.raises(WrongStatus, match=f"当前为“{STAGES[stage].label}”"):
            act.call(acted)
        assert content(acted) == untouched


@pytest.mark.parametrize(
    ("days", "declared"),
    [
        ({"declared_on": None, "submitted_on": None}, DAY),
        ({"declared_on": None, "submitted_on": date(2024, 2, 2)}, date(2024, 2, 2)),
        ({"declared_on": date(2024, 2, 1), "submitted_on": date(2024, 2, 2)}, date(2024, 2, 1)),
    ],
    ids=["first submission", "submitted before the column was added", "second submission"],
)
def test_the_day_of_the_declaration_is_that_of_the_first_submission(days: Any, declared: date) -> None:
    filed = declaration("returned", **days)
    filed.submit(DAY, AT, NEW_DUE)
    assert (filed.declared_on, filed.submitted_on) == (declared, DAY)


@pytest.mark.parametrize(("before", "accepted"), [(None, DAY), (date(2024, 2, 3), date(2024, 2, 3))])
def test_the_first_acceptance_is_kept(before: date | None, accepted: date) -> None:
    filed = declaration("submitted", accepted_on=before)
    filed.accept(DAY, AT, NEW_DUE)
    assert filed.accepted_on == accepted


def test_a_receipt_waits_for_the_assessment() -> None:
    filed = declaration("forwarded", assessed=False)
    filed.receive(DAY, AT, None)
    assert (filed.stage, filed.received_on) == ("received", DAY)


ANNOUNCED = ("assessed", "review_passed", "pooled", "approved", "released", "delivered", "evaluated")
ORDER = ("received", *ANNOUNCED, "clawback_demanded", "clawback_recovered")
BEFORE_RECEIPT = ("draft", "returned", *sorted(DISTRICT), "forwarded")


@pytest.mark.parametrize("stage", STAGES)
def test_an_announced_stage_moves_a_received_declaration_forward_only(stage: str) -> None:
    for announced in (*ANNOUNCED, "clawback_demanded", "clawback_recovered", "rejected", "declined"):
        moved = declaration(stage)
        moved.advance_to(announced, AT)
        onward = stage in ORDER and (announced not in ORDER or ORDER.index(stage) < ORDER.index(announced))
        changed = {"stage": announced, "due_on": None, "updated_at": AT} if onward else {}
        assert content(moved) == content(declaration(stage)) | changed, announced


@pytest.mark.parametrize("stage", STAGES)
def test_an_assessment_is_remembered_between_report_and_review(stage: str) -> None:
    assessed = declaration(stage, assessed=False)
    assessed.record_assessment(AT)
    remembered = {"assessed": True} if stage in ("forwarded", "received") else {}
    moved = {"stage": "assessed", "updated_at": AT} if stage == "received" else {}
    assert content(assessed) == content(declaration(stage, assessed=False)) | remembered | moved
