"""Tests of events of other services on a declaration: stage, reason, details (三（二）, 三（三）, 四（一）)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.handlers import HANDLERS
from services.intake.rules.stages import REFUSED_BY
from shared.contracts.eligibility import PolicyFiguresConfirmed
from shared.contracts.funding import FundsApproved
from shared.contracts.intake import Project
from shared.contracts.monitoring import CreditRated
from shared.policy.remedies import remedy
from tests.intake import sample_declarations
from tests.intake.learned_events import EVENTS, OWNER, PROJECT
from tests.intake.test_handlers import announce
from tests.world import World


def test_every_handled_event_is_in_the_table() -> None:
    assert {row[0] for row in EVENTS.values()} | {CreditRated, PolicyFiguresConfirmed} == set(HANDLERS)


DUE = {"assessed": "2024-03-20", "review_passed": "2024-04-24", "pooled": "2024-04-10"}
"""Last day of the city's next step: that of the review stays; 30 and 20 working days after 12 March, by hand."""


@pytest.mark.parametrize("name", EVENTS)
async def test_an_event_records_its_stage_and_details(world: World, name: str) -> None:
    kind, own, stage, act, reason, detail = EVENTS[name]
    declaration = await sample_declarations.draft(world)
    case, admin = declaration["id"], world.database.admin
    await admin.execute("UPDATE intake.declaration SET stage = 'received', round = 2, due_on = '2024-03-20'")
    world.clock.set(datetime(2024, 3, 12, 1, 0, tzinfo=UTC))
    about: dict[str, Any] = {"district": "110105", "applicant_uscc": OWNER, "declaration_id": UUID(case)}
    if "project" in kind.model_fields:
        about["project"] = Project(declaration_id=UUID(case), **PROJECT)
    await announce(world, "funding", kind(**about, **own))
    assert "intake" not in await world.parked()
    said = await world.get("intake", f"/v1/declarations/{case}", "auditor-1")
    held = name == "held"
    assert said == declaration | {
        "stage": stage,
        "stage_label": said["stage_label"],
        "version": 2,
        "round": 2,
        "due_on": DUE.get(stage, "2024-03-20" if name in ("held", "compared", "sent back by the bank") else None),
        "funds_held": held,
        "updated_at": "2024-03-12T01:00:00Z",
        "remedy": remedy("city", date(2024, 3, 12)).model_dump(mode="json") if stage in REFUSED_BY else None,
    }
    (last,) = (await world.get("intake", f"/v1/acts/{case}?role=system", "auditor-1"))["items"]
    assert {field: value for field, value in last.items() if field not in ("id", "actor", "actor_name")} == {
        "case_id": case,
        "act": act,
        "role": "system",
        "district": "110105",
        "applicant_uscc": OWNER,
        "at": "2024-03-12T01:00:00Z",
        "reason": reason,
        "detail": {"round": 2} | detail,
    }
    identity = await admin.fetchrow("SELECT * FROM intake.project_identity")
    assert (dict(identity) if identity else None) == (awarded(case) if name == "approved" else None)


def awarded(case: str) -> Mapping[str, Any]:
    return {
        "declaration_id": UUID(case),
        "declaration_no": "SB-110105-2024-0001",
        "district": "110105",
        "entity_uscc": OWNER,
        "project_code": "2401-110105-04-01-000077",
        "entity_place": f"{OWNER}|朝阳区示例路77号",
        "name_form": "示例大厦改造项目",
        "live": True,
        "approval_no": "批〔2024〕8号",
        "approved_on": date(2024, 3, 4),
    }


@pytest.mark.parametrize(("name", "kept"), [("rejected", None), ("declined", "批〔2024〕8号")])
async def test_an_ended_project_keeps_its_award_and_leaves_others_live(world: World, name: str, kept: Any) -> None:
    first, second = [(await sample_declarations.draft(world))["id"] for _ in range(2)]
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'received', round = 1")
    for case in (first, second):
        project = Project(declaration_id=UUID(case), **PROJECT)
        about = {"district": "110105", "applicant_uscc": OWNER, "declaration_id": UUID(case), "project": project}
        await announce(world, "funding", FundsApproved(**about, **EVENTS["approved"][1]))
    if kept is None:
        await world.database.admin.execute("UPDATE intake.project_identity SET approval_no = NULL, approved_on = NULL")
    kind, own = EVENTS[name][:2]
    await announce(world, "funding", kind(district="110105", declaration_id=UUID(first), **own))
    rows = await world.database.admin.fetch("SELECT declaration_id, live, approval_no FROM intake.project_identity")
    assert {str(row["declaration_id"]): (row["live"], row["approval_no"]) for row in rows} == {
        first: (False, kept),
        second: (True, kept),
    }


@pytest.mark.clause("四（一）3")
async def test_a_later_grade_replaces_every_field_of_the_earlier_one(world: World) -> None:
    def rated(uscc: str, name: str, grade: str, day: int) -> CreditRated:
        about: dict[str, Any] = {"district": "110000", "entity_id": uuid4(), "uscc": uscc, "name": name}
        said = {"grade": grade, "points": 3, "grounds": ("G2",), "decided_on": date(2024, 2, day), "repaired": False}
        return CreditRated(**about, **said)

    other = "91110105MA0000007L"
    await announce(world, "monitoring", rated(OWNER, "旧名", "D", 1), rated(other, "另一家", "A", 2))
    await announce(world, "monitoring", rated(OWNER, "新名", "B", 3))
    rows = await world.database.admin.fetch("SELECT * FROM intake.entity_credit ORDER BY name")
    assert [tuple(row.values()) for row in rows] == [
        (other, "110000", "另一家", "A", date(2024, 2, 2)),
        (OWNER, "110000", "新名", "B", date(2024, 2, 3)),
    ]
