"""An accepted act becomes an event that its readers decode: `emit` reads it first; no bound of a request is wider."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services import SERVICES
from services.intake.schemas.registers import Leaving
from shared.actors import system_actor
from shared.contracts.base import event_types
from shared.contracts.intake import LibraryEntryChanged
from shared.contracts.library import LibraryRow
from shared.events.outbox import emit
from shared.settings import ROOT
from tests.enumeration import operations
from tests.intake.sample_rows import OFFICER, project, push_projects
from tests.world import World

LONGEST = "长" * 200
CHANGED = "intake.library_entry_changed.v1"
BOUNDS = ("maxLength", "maxItems", "maximum")


def parts_of(model: type[BaseModel]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and JSON Schema of a model and of each model in it."""
    schema = model.model_json_schema()
    yield model.__name__, schema
    yield from schema.get("$defs", {}).items()


def bounds(field: dict[str, Any]) -> dict[str, Any]:
    """Return the bounds of a field, of its options and of its items."""
    options = [field, *field.get("anyOf", ()), field.get("items", {})]
    return {name: each[name] for each in options for name in BOUNDS if name in each}


def bounded(models: Iterator[type[BaseModel]]) -> dict[str, dict[str, Any]]:
    """Return the bounds of each bounded field, as `Model.field`."""
    return {
        f"{title}.{name}": bounds(field)
        for model in models
        for title, schema in parts_of(model)
        for name, field in schema.get("properties", {}).items()
        if bounds(field)
    }


def bodies() -> Iterator[type[BaseModel]]:
    for service in SERVICES:
        for route in operations(service).values():
            body = route.body_field.field_info.annotation if route.body_field else None
            if isinstance(body, type) and issubclass(body, BaseModel):
                yield body


FLOWS: dict[str, tuple[type[BaseModel], str]] = {"LibraryRow.leave_reason": (Leaving, "reason")}
"""Bounded fields of events that a request field of another model flows into."""
STATED = {"LibraryRow", "ResourceRow", "ProjectFacts", "Component", "Tenant"}
"""Models that a request states and an event carries unchanged, so that their bounds are the same."""
READ_AS_BYTES = {"LibraryRow"}
"""Rows of a push, which the contract's own model reads from the bytes of the body."""


def test_every_bounded_field_of_an_event_has_the_bounds_of_the_request_that_it_comes_from() -> None:
    carried, asked = bounded(event_types()), bounded(bodies())
    assert {name.partition(".")[0] for name in carried} == STATED
    stated = {name: rule for name, rule in asked.items() if name in carried}
    assert stated == {name: carried[name] for name in stated}
    assert STATED - {name.partition(".")[0] for name in stated} == READ_AS_BYTES
    for name, (model, field) in FLOWS.items():
        assert bounds(model.model_json_schema()["properties"][field]) == carried[name], name


async def test_the_longest_reason_of_a_removal_reaches_its_readers_and_a_longer_one_is_refused(world: World) -> None:
    entry = (await push_projects(world, [project()]))["rows"][0]["id"]
    path = f"/v1/library-entries/{entry}/leave"
    refused = await world.call("intake", "POST", path, OFFICER, {"reason": LONGEST + "长"}, status=422)
    assert refused.json()["errors"][0]["pointer"] == "/body/reason"
    await world.post("intake", path, OFFICER, {"reason": LONGEST})
    assert (await world.events("intake", CHANGED))[-1]["data"]["row"]["leave_reason"] == LONGEST
    letters = "SELECT count(*) FROM eligibility.dead_letter"
    assert (await world.parked(), await world.database.admin.fetchval(letters)) == ({}, 0)


async def test_an_event_that_no_reader_could_decode_fails_the_act(world: World) -> None:
    await push_projects(world, [project()])
    said = (await world.events("intake", CHANGED))[-1]["data"]
    event = LibraryEntryChanged.model_validate(said)
    row = event.row.model_copy(update={"leave_reason": LONGEST + "长"})
    with pytest.raises(ValidationError, match="leave_reason"):
        async with world.instances["intake"].database.session(system_actor("intake")) as session:
            await emit(session, event.model_copy(update={"row": row}))
    assert len(await world.events("intake", CHANGED)) == 1


ANSWER, SETTINGS = "an answer, which its own model checked before", "settings of a process"
COPIES = {
    "services/funding/api/offers.py": ANSWER,
    "services/funding/api/plans.py": ANSWER,
    "services/funding/api/changes.py": ANSWER,
    "services/funding/api/receipts.py": ANSWER,
    "services/funding/api/payment_orders.py": ANSWER,
    "services/funding/api/interest_claims.py": ANSWER,
    "shared/figures/reading.py": ANSWER,
    "services/funding/api/approvals.py": ANSWER,
    "services/funding/api/shapes.py": ANSWER,
    "services/intake/api/register_lists.py": ANSWER,
    "services/intake/api/opinions.py": ANSWER,
    "services/intake/api/quarters.py": ANSWER,
    "services/intake/registers/answers.py": ANSWER,
    "shared/runtime.py": SETTINGS,
    "shared/settings.py": SETTINGS,
    "deploy/backup/restore.py": SETTINGS,
    "deploy/demo/run.py": SETTINGS,
    "deploy/local/settings.py": SETTINGS,
    "deploy/run_kafka.py": SETTINGS,
    "deploy/serve.py": SETTINGS,
}
"""Files that change a copy of a model without validation, with what they copy."""


def copies(path: Path) -> bool:
    """Return whether a file makes a model without validation."""
    names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    return bool(names & {"model_copy", "model_construct"})


def test_no_contract_and_no_request_is_changed_without_validation() -> None:
    files = [path for folder in ("services", "shared", "deploy") for path in ROOT.glob(f"{folder}/**/*.py")]
    assert {path.relative_to(ROOT).as_posix() for path in files if copies(path)} == COPIES.keys()


def test_a_row_is_not_changed_but_by_its_own_rules() -> None:
    with pytest.raises(ValidationError):
        LibraryRow.model_validate({**project(), "leave_reason": LONGEST + "长"})
