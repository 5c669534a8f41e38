"""Event classes stay compatible with the published schemas."""

import copy
from typing import Any

import pytest

from shared.contracts.compat import check, current, incompatibilities


def test_every_event_is_compatible_with_its_published_schema() -> None:
    assert check() == []


def test_every_event_the_programme_needs_exists() -> None:
    titles = {schema["title"] for schema in current().values()}
    assert titles >= NEEDED


NEEDED = {
    "ResourceRecorded",
    "LibraryEntryChanged",
    "DistrictQuarterSubmitted",
    "DeclarationSubmitted",
    "DeclarationReturned",
    "OpinionGiven",
    "DeclarationForwarded",
    "DeclarationAssessed",
    "FindingSettled",
    "ReviewPassed",
    "ReviewRejected",
    "PoolEntered",
    "FundsApproved",
    "FundsDeclined",
    "PlanIssued",
    "FundsReleased",
    "FundsHeld",
    "FundsSentBack",
    "FundsReturned",
    "FundsClawedBack",
    "ProjectQuarterSubmitted",
    "ReadingOutOfRange",
    "InspectionCompleted",
    "ProjectDelivered",
    "EvaluationIssued",
    "CreditRated",
    "GreenRegistered",
}

BASE: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"enum": ["x"], "type": "string"}},
    "required": ["a"],
}


def changed(**properties: Any) -> dict[str, Any]:
    schema = copy.deepcopy(BASE)
    schema["properties"] |= properties
    return schema


def test_an_optional_field_may_be_added() -> None:
    assert incompatibilities(BASE, changed(c={"type": "integer"})) == []


@pytest.mark.parametrize(
    "new",
    [
        changed(a={"type": "integer"}),
        changed(b={"enum": ["x", "y"], "type": "string"}),
        {**BASE, "required": ["a", "b"]},
        {**BASE, "required": []},
        {**BASE, "properties": {"b": BASE["properties"]["b"]}},
    ],
    ids=["type", "enum", "newly required", "no longer sure", "removed"],
)
def test_any_other_change_is_incompatible(new: dict[str, Any]) -> None:
    assert incompatibilities(BASE, new)
