"""Stages: announced stages only advance, and only after the receipt; sets of stages by what they allow."""

import pytest

from services.intake.rules.stages import (
    AT_DISTRICT,
    BEFORE_RECEIPT,
    EDITABLE,
    ENDED,
    STAGES,
    UNDER_REVIEW,
    advances,
)

ORDER = [
    ["draft"],
    ["returned"],
    ["submitted"],
    ["accepted"],
    ["opinion_requested"],
    ["opinion_given"],
    ["forwarded"],
    ["received"],
    ["assessed"],
    ["review_passed"],
    ["pooled"],
    ["approved"],
    ["released"],
    ["delivered"],
    ["evaluated"],
    ["clawback_demanded"],
    ["clawback_recovered"],
    ["withdrawn", "refused", "rejected", "declined"],
]
RECEIVED = 7


def test_every_stage_has_its_place_in_the_procedure() -> None:
    assert [stage for group in ORDER for stage in group if stage in STAGES] == [
        stage for group in ORDER for stage in group
    ]
    assert len(STAGES) == sum(map(len, ORDER))


@pytest.mark.parametrize("place", range(len(ORDER)), ids=lambda place: ORDER[place][0])
def test_an_announced_stage_only_advances_and_only_after_the_receipt(place: int) -> None:
    for current in ORDER[place]:
        later = {stage for group in ORDER[place + 1 :] for stage in group} if place >= RECEIVED else set()
        assert {stage for stage in STAGES if advances(current, stage)} == later


def test_sets_of_stages() -> None:
    assert {"withdrawn", "refused", "rejected", "declined"} == ENDED
    assert {"draft", "returned"} == EDITABLE
    assert {"submitted", "accepted", "opinion_requested", "opinion_given"} == AT_DISTRICT
    assert {"accepted", "opinion_requested", "opinion_given"} == UNDER_REVIEW
    assert {stage for group in ORDER[:RECEIVED] for stage in group} == BEFORE_RECEIPT
