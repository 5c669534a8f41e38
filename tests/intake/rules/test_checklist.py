"""The checklist of materials: what each type and mode needs, and the state of each item."""

from datetime import date
from typing import Any

import pytest

from services.intake.rules import checklist as module
from services.intake.rules.checklist import (
    Line,
    Undertaking,
    checklist,
    conditions_of,
    item,
    items,
    undertaking_on,
    undertakings,
)

pytestmark = pytest.mark.clause("三（一）")

NEEDED: dict[str, dict[str, set[str]]] = {
    "operation_mode": {"own": {"title_deed"}, "joint": {"lease_and_consent"}, "lease": {"lease_and_consent"}},
    "project_type": {
        "inefficient_building": {"completion_date_proof", "inefficiency_proof"},
        "old_factory": {"production_ended_proof"},
    },
    "support_mode": {"interest_subsidy": {"loan_contract"}, "investment_grant": set()},
}
CONDITIONAL = {
    "title_deed",
    "lease_and_consent",
    "completion_date_proof",
    "inefficiency_proof",
    "production_ended_proof",
    "loan_contract",
}


def states(facts: dict[str, Any], mode: str | None, present: tuple[str, ...] = ()) -> dict[str, str]:
    return {line.item.code: line.state for line in checklist(conditions_of(facts, mode), present)}


def test_the_checklist_has_the_22_items_in_order() -> None:
    assert sorted({item.no for item in items()}) == list(range(1, 23))
    assert len({item.code for item in items()}) == len(items())
    assert [each.code for each in items() if each.online] == ["government_opinion", "undertaking"]
    assert {each.code for each in items() if each.when} == CONDITIONAL


@pytest.mark.parametrize("mode", ["own", "joint", "lease"])
@pytest.mark.parametrize("project_type", ["inefficient_building", "old_factory"])
@pytest.mark.parametrize("support", ["investment_grant", "interest_subsidy"])
def test_each_type_and_mode_needs_its_own_materials(mode: str, project_type: str, support: str) -> None:
    found = states({"project_type": project_type, "support_mode": support}, mode)
    needed = (
        NEEDED["operation_mode"][mode]
        | NEEDED["project_type"][project_type]
        | NEEDED["support_mode"].get(support, set())
    )
    assert {code for code, state in found.items() if state == "not_required"} == CONDITIONAL - needed
    assert {code for code, state in found.items() if state == "missing"} == set(found) - (CONDITIONAL - needed)


@pytest.mark.parametrize("unknown", [None, ""])
def test_an_item_is_undecided_while_its_condition_is_unknown(unknown: str | None) -> None:
    lines = checklist(conditions_of({"project_type": unknown, "support_mode": unknown}, unknown), ())
    undecided = {line.item.code: line.why for line in lines if line.state == "unknown"}
    assert undecided == {
        "title_deed": "取决于尚未填写的内容：/body/operation_mode",
        "lease_and_consent": "取决于尚未填写的内容：/body/operation_mode",
        "completion_date_proof": "取决于尚未填写的内容：/body/facts/project_type",
        "inefficiency_proof": "取决于尚未填写的内容：/body/facts/project_type",
        "production_ended_proof": "取决于尚未填写的内容：/body/facts/project_type",
        "loan_contract": "取决于尚未填写的内容：/body/facts/support_mode",
    }


def test_a_provided_item_is_present_whether_needed_or_not() -> None:
    given = ("loan_contract", "title_deed", "permits")
    found = states({"project_type": "old_factory"}, "lease", given)
    assert {code for code, state in found.items() if state == "present"} == set(given)


def test_each_state_gives_its_reason() -> None:
    facts = {"project_type": "old_factory", "support_mode": "investment_grant"}
    lines = {line.item.code: line for line in checklist(conditions_of(facts, "own"), ("permits",))}
    assert {code: lines[code].why for code in ("permits", "request_letter", "title_deed", "loan_contract")} == {
        "permits": "已提供",
        "request_letter": "所有项目均需提供",
        "title_deed": "本项目的类型或方式需要提供",
        "loan_contract": "本项目的类型或方式不需要",
    }
    assert lines["title_deed"] == Line(item("title_deed"), "missing", "本项目的类型或方式需要提供")


def test_a_package_needs_what_each_of_its_parts_needs() -> None:
    parts = [{"kind": "building"}, {"kind": "factory"}, {"kind": "infrastructure"}]
    facts = {"project_type": "area_package", "support_mode": "investment_grant", "components": parts}
    found = states(facts, "own")
    assert found["inefficiency_proof"] == found["production_ended_proof"] == "missing"
    assert found["loan_contract"] == "not_required"
    only_factories = states(facts | {"components": parts[1:]}, "own")
    assert (only_factories["inefficiency_proof"], only_factories["production_ended_proof"]) == (
        "not_required",
        "missing",
    )
    assert states(facts | {"components": None}, "own")["inefficiency_proof"] == "unknown"
    assert states(facts | {"components": []}, "own")["inefficiency_proof"] == "unknown"


def test_parts_decide_only_for_a_package() -> None:
    facts = {"project_type": "inefficient_building", "components": [{"kind": "factory"}]}
    assert conditions_of(facts, "own") == {
        "operation_mode": {"own"},
        "support_mode": set(),
        "component_kind": {"building"},
    }


def test_an_item_is_found_by_its_code() -> None:
    found = item("loan_contract")
    assert (found.no, found.provider, found.basis, found.online) == (19, "applicant", "design", False)
    assert found.when == {"support_mode": ("interest_subsidy",)}
    with pytest.raises(KeyError):
        item("unknown")


@pytest.mark.clause("四（一）1")
def test_the_undertaking_is_the_newest_version_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (
        Undertaking(version, day, "四（一）1", version)
        for version, day in (("1", date(2023, 8, 31)), ("2", date(2025, 1, 1)))
    )
    (stored,) = undertakings()
    assert (stored.version, stored.first_day, stored.clause) == ("2023-1", date(2023, 8, 31), "四（一）1")
    assert stored.text == stored.text.strip() != ""
    monkeypatch.setattr(module, "undertakings", lambda: (first, second))
    days = {
        date(2023, 8, 30): first,
        date(2023, 8, 31): first,
        date(2024, 12, 31): first,
        date(2025, 1, 1): second,
    }
    assert {day: undertaking_on(day) for day in days} == days
