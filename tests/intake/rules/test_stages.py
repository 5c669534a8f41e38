"""Tests of stages: announced stages only advance, and only after the receipt."""

from services.intake.rules.stages import STAGES, advances


def test_an_announced_stage_only_advances_and_only_after_the_receipt() -> None:
    assert advances("received", "rejected")
    assert not advances("approved", "pooled")
    assert not any(advances(stage, "assessed") for stage in STAGES if STAGES[stage].rank < STAGES["received"].rank)
