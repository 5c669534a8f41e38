"""Pure rules of filing: the same project found again, the checklist, what changed."""

import pytest

from services.intake.rules.checklist import checklist, conditions_of, items
from services.intake.rules.matching import basis_of, entity_place, match, same_place
from services.intake.rules.rounds import changes, merged
from services.intake.rules.stages import STAGES, moves_on
from services.intake.rules.submission import gaps

USCC = "91110000600037341L"


@pytest.mark.parametrize(
    "address", ["朝阳区 示例路１号", "北京市朝阳区示例路1号", "北京朝阳区，示例路1号", "朝阳区示例路一号"]
)
def test_one_address_however_it_is_written(address: str) -> None:
    assert same_place(address) == same_place("北京市朝阳区示例路1号")


@pytest.mark.parametrize("address", ["朝阳区示例路11号", "海淀区示例路1号", "朝阳区示例路1号院2号楼"])
def test_another_address_is_another_place(address: str) -> None:
    assert same_place(address) != same_place("北京市朝阳区示例路1号")


@pytest.mark.parametrize("address", [None, "", " ，", "北京市"])
def test_nowhere_is_not_a_place(address: str | None) -> None:
    assert entity_place(USCC, address) is None


def test_the_strongest_sign_counts() -> None:
    assert basis_of("1", "a", "1", "a") == "project_code"
    assert basis_of("1", "a", "2", "a") == "entity_and_address"
    assert basis_of(None, None, None, None) == "entity"


def test_other_city_money_at_the_same_place_only_warns() -> None:
    assert not match("municipal_record", "entity_and_address", "x").bars
    assert match("municipal_record", "project_code", "x").bars
    assert match("funded", "entity_and_address", "x").bars


def test_the_checklist_has_the_22_items_in_order() -> None:
    assert sorted({item.no for item in items()}) == list(range(1, 23))
    assert len({item.code for item in items()}) == len(items())


def test_a_package_needs_what_each_of_its_parts_needs() -> None:
    parts = [{"kind": "building"}, {"kind": "factory"}, {"kind": "infrastructure"}]
    facts = {"project_type": "area_package", "support_mode": "investment_grant", "components": parts}
    states = {line.item.code: line.state for line in checklist(conditions_of(facts, "own"), ())}
    assert states["inefficiency_proof"] == states["production_ended_proof"] == "missing"
    assert states["loan_contract"] == "not_required"


def test_infrastructure_alone_is_no_building_project() -> None:
    facts = {
        "project_type": "inefficient_building",
        "components": [{"kind": "infrastructure", "fixed_investment_yuan": "1.00"}],
    }
    names = ("project_code", "address", "operation_mode", "loan_bank", "loan_amount_yuan", "loan_term_months")
    found = gaps({**dict.fromkeys(names), "facts": facts}, ())
    assert ("/facts/components", "二（一）1") in {(gap.subject, gap.clause) for gap in found}


def test_what_changed_is_told_leaf_by_leaf() -> None:
    before = {"a": 1, "facts": {"x": "1", "parts": [{"k": 1}, {"k": 2}]}, "same": 0}
    after = {"a": 1, "facts": {"x": "2", "parts": [{"k": 1}]}, "same": 0, "new": True}
    found = {change.pointer: (change.before, change.after) for change in changes(before, after)}
    assert found == {"/facts/x": ("1", "2"), "/facts/parts/1": ({"k": 2}, None), "/new": (None, True)}


def test_a_patch_replaces_clears_and_leaves_alone() -> None:
    assert merged({"a": 1, "b": 2}, {"b": None, "c": 3}) == {"a": 1, "c": 3}


def test_news_moves_only_forward_and_only_at_the_city() -> None:
    assert moves_on("received", "rejected")
    assert not moves_on("approved", "pooled")
    assert not any(moves_on(stage, "assessed") for stage in STAGES if STAGES[stage].rank < STAGES["received"].rank)
