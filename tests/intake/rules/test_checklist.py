"""Tests of the checklist of materials."""

import pytest

from services.intake.rules.checklist import checklist, conditions_of, items

pytestmark = pytest.mark.clause("三（一）")


def test_the_checklist_has_the_22_items_in_order() -> None:
    assert sorted({item.no for item in items()}) == list(range(1, 23))
    assert len({item.code for item in items()}) == len(items())


def test_a_package_needs_what_each_of_its_parts_needs() -> None:
    parts = [{"kind": "building"}, {"kind": "factory"}, {"kind": "infrastructure"}]
    facts = {"project_type": "area_package", "support_mode": "investment_grant", "components": parts}
    states = {line.item.code: line.state for line in checklist(conditions_of(facts, "own"), ())}
    assert states["inefficiency_proof"] == states["production_ended_proof"] == "missing"
    assert states["loan_contract"] == "not_required"
