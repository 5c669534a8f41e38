"""Events that reach eligibility: rounds, unknown and ended cases, versions of register rows. 三（一）, 四（一）2"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.eligibility.handlers import store_library_entries, store_resources
from services.eligibility.models import LibraryProject, StockResource
from shared.actors import system_actor
from shared.contracts.base import Event, Hand
from shared.contracts.intake import (
    DeclarationReceived,
)
from tests.eligibility.fixtures import (
    OPEN,
    PASS,
    SETTLE,
    USCC,
    act,
    announce,
    assessed_project,
    case_path,
    facts,
    forward,
    project,
    read_case,
    receive,
    refused,
    returned,
    withdrawn,
)
from tests.eligibility.register_rows import ledger_resource, library_entry
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")
LEFT = {"project_name": "新名", "left_on": "2024-02-09", "leave_reason": "终止"}


async def stage_of(world: World, key: UUID) -> str:
    return str((await read_case(world, key))["stage"])


@pytest.mark.parametrize(
    ("ending", "stage"),
    [(withdrawn, "closed"), (refused, "closed"), (returned, "returned")],
    ids=["withdrawn", "refused", "returned"],
)
@pytest.mark.parametrize("pooled", [False, True], ids=["under review", "in the pool"])
async def test_a_case_that_ends_leaves_review_and_pool(world: World, ending: Any, stage: str, pooled: bool) -> None:
    if not pooled:
        key, other = await forward(world, facts()), await forward(world, facts())
    else:
        key, other = await assessed_project(world, 90), await assessed_project(world, 80)
        for each in (key, other):
            await act(world, each, "enter-pool", "city-supervisor-1", {"reason": "同意"}, 201)
    await announce(world, ending(key), ending(key))
    assert (await stage_of(world, key), await stage_of(world, other)) == (stage, "in_pool" if pooled else "in_review")
    rows = (await world.get("eligibility", "/v1/pool?year=2024", "city-officer-1"))["items"]
    assert [(row["declaration_id"], row["rank"]) for row in rows] == ([(str(other), 1)] if pooled else [])


async def test_events_of_an_unknown_case_change_nothing(world: World) -> None:
    key = uuid4()
    received = DeclarationReceived(
        declaration_id=key, district="110105", applicant_uscc=USCC, received_on=date(2024, 3, 4),
        construction_status="completed", hands=(Hand(actor="city-officer-5", duty="receipt"),),
    )  # fmt: skip
    await announce(world, received, withdrawn(key), returned(key), refused(key))
    assert await world.parked() == {}
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        assert (await session.scalar(text("SELECT count(*) FROM review"))) == 0
        assert (await session.execute(text("SELECT case_id, actor, duty FROM duty"))).all() == [
            (key, "city-officer-5", "receipt")
        ]
    assert await world.events("eligibility") == []


async def test_a_receipt_before_the_report_binds_its_officer(world: World) -> None:
    key = uuid4()
    await receive(world, key, duty="first_review")
    await forward(world, facts(drop=OPEN), key)
    refusal = await act(world, key, "settle", "city-officer-5", SETTLE, 403)
    assert refusal["code"] == "same_officer"


async def test_a_new_round_begins_without_receipt_edition_conclusion_and_exceptions(world: World) -> None:
    key = await forward(
        world, facts(accepted_on="2023-07-15", in_reserve_library=False), library_exception_reason="区政府已同意补录"
    )
    choice = {"edition": "2023", "reason": "按从新适用"}
    await act(world, key, "choose-edition", "city-supervisor-1", choice)
    await receive(world, key, "ready_to_start")
    passed = await act(world, key, "conclude", "city-officer-2", PASS)
    assert passed["exceptions"] == {"四（一）2": "区政府已同意补录"}
    await announce(world, returned(key))
    waiting = await read_case(world, key)
    assert (waiting["stage"], waiting["concluded_on"], waiting["chosen_edition"]) == ("returned", "2024-03-01", "2023")
    worse = facts(accepted_on="2023-07-20", construction_status="completed")
    await forward(world, worse, key, round=2)
    case = await read_case(world, key)
    new = ("received_on", "construction_status", "chosen_edition", "concluded_on", "conclusion_reason", "exceptions")
    assert {name: case[name] for name in new} == {
        "received_on": None, "construction_status": None, "chosen_edition": None, "concluded_on": None,
        "conclusion_reason": None, "exceptions": {},
    }  # fmt: skip
    assert (case["library_exception_reason"], case["round"], case["stage"]) == (None, 2, "in_review")
    assert (case["accepted_on"], case["decision"], case["current"]["as_of"]) == (
        "2023-07-20", "undetermined", "2023-07-20",
    )  # fmt: skip
    assert case["current"]["facts"]["construction_status"] == "completed"


async def test_a_new_round_replaces_what_the_declaration_says(world: World) -> None:
    """Number, district and applicant were fixed with the first round."""
    key = await forward(world, facts())
    fixed = {"declaration_no": "新号", "applicant_uscc": "91110108551385082Q", "district": "110106"}
    first = {name: value for name, value in (await read_case(world, key)).items() if name in fixed}
    renamed = {"project_name": "新名", "applicant_name": "新单位"}
    project_2 = project(key, "110106").model_copy(update={**renamed, **fixed})
    await forward(world, facts(), key, district="110106", project=project_2, round=2)
    case = await read_case(world, key)
    assert {name: case[name] for name in (*renamed, *fixed)} == {**renamed, **first}


async def test_each_receipt_is_compared_with_the_facts_as_forwarded(world: World) -> None:
    key = await forward(world, facts(construction_status="ready_to_start"))
    for status in ("under_construction", "ready_to_start", "completed", "completed"):
        await receive(world, key, status)
    records = (await world.get("eligibility", case_path(key, "records"), "city-officer-1"))["items"]
    assert [(one["occasion"], one["facts"]["construction_status"], one["decision"]) for one in records] == [
        ("forwarded", "ready_to_start", "eligible"), ("received", "under_construction", "eligible"),
        ("received", "completed", "ineligible"), ("received", "completed", "ineligible"),
    ]  # fmt: skip


async def kept(world: World, model: Any) -> list[tuple[Any, ...]]:
    """Return external id, version and the fact that the test changes, of each row."""
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        rows = (await session.scalars(select(model).order_by(model.external_id))).all()
    return [
        (row.external_id, row.version, row.facts.get("occupancy") or row.facts.get("energy_saving_ratio"))
        for row in rows
    ]


async def handle(world: World, *events: Event) -> None:
    """Hand a batch of events to its handler, as a consumer does."""
    handler: Any = store_library_entries if "library" in events[0].type else store_resources
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        await handler(session, list(events))


@pytest.mark.clause("四（一）2")
@pytest.mark.parametrize(
    ("model", "event"), [(LibraryProject, library_entry), (StockResource, ledger_resource)], ids=["library", "ledger"]
)
async def test_the_newest_version_of_a_register_row_is_kept(world: World, model: Any, event: Any) -> None:
    await handle(world, event("A", 1, "0.11"), event("B", 3, "0.23"), event("A", 2, "0.12"))
    assert await kept(world, model) == [("A", 2, "0.12"), ("B", 3, "0.23")]
    await handle(world, event("B", 2, "0.22"), event("A", 3, "0.13"), event("C", 1, "0.31"))
    assert await kept(world, model) == [("A", 3, "0.13"), ("B", 3, "0.23"), ("C", 1, "0.31")]
    await handle(world, event("A", 3, "0.99"))
    assert await kept(world, model) == [("A", 3, "0.13"), ("B", 3, "0.23"), ("C", 1, "0.31")]


def columns_of(row: LibraryProject | StockResource) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


@pytest.mark.clause("四（一）2")
async def test_a_newer_version_replaces_every_field_of_a_register_row(world: World) -> None:
    """District and number of a row name it in the register, and never change."""
    first, second = library_entry("P-1", 1, project_name="旧名"), library_entry("P-1", 2, "0.2", **LEFT)
    await handle(world, first)
    await handle(world, second.model_copy(update={"row": second.row.model_copy(update={"external_id": "P-2"})}))
    older, newer = ledger_resource("R-1", 1, "0.4"), ledger_resource("R-1", 2, "0.5", completed_year=1999)
    await handle(world, older)
    await handle(world, newer.model_copy(update={"row": newer.row.model_copy(update={"external_id": "R-2"})}))
    async with world.instances["eligibility"].database.session(system_actor("test")) as session:
        (entry,) = (await session.scalars(select(LibraryProject))).all()
        (resource,) = (await session.scalars(select(StockResource))).all()
    assert columns_of(entry) == {
        "entry_id": first.entry_id, "district": "110105", "external_id": "P-1", "project_name": "新名",
        "left_on": date(2024, 2, 9), "version": 2,
        "facts": {
            "project_type": "inefficient_building", "district": "110105", "construction_status": "ready_to_start",
            "energy_saving_ratio": "0.2", "support_mode": "investment_grant", "in_reserve_library": False,
            "components": [{
                "kind": "building", "resource_id": "R-1", "stock_use": "office_building",
                "renovated_area_m2": "21000.00",
                "fixed_investment_yuan": "300000000.00", "planned_occupancy": "0.85",
            }],
        },
    }  # fmt: skip
    assert columns_of(resource) == {
        "resource_id": older.resource_id, "district": "110105", "external_id": "R-1", "version": 2,
        "facts": {
            "completed_year": 1999, "occupancy": "0.5", "wholly_vacant": False, "function_mismatch": False,
            "district_says_low_occupancy": True, "gross_floor_area_m2": "25000.00", "vacant_area_m2": "12000.00",
        },
    }  # fmt: skip
