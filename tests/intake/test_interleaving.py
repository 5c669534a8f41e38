"""Two acts on one declaration or one project at once: the second waits for the first and sees its result (三（一）)."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.actors import system_actor
from shared.contracts.base import Event
from shared.events.outbox import emit
from tests.enumeration import operations
from tests.intake import sample_declarations
from tests.intake.sample_declarations import CITY, DRAFT, FORWARD, GOVERNMENT, OFFICER, RECEIPT, RETURN, SUPERVISOR
from tests.intake.test_handlers import Case
from tests.interleaving import after, other_session, refuse_other_versions, until_waiting
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

OWNER = "owner"
FINDINGS = {"findings": [{"thing": "materials", "outcome": "pass", "evidence": "齐全"}]}
REFUSAL = {"clauses": ["二（一）1"], "reason": "面积不足"}
ACTS: dict[str, tuple[str, str, Any]] = {
    "edit_declaration": ("draft", OWNER, {"project_name": "新名"}),
    "undertake": ("draft", OWNER, {"version": "2023-1", "agree": True}),
    "submit_declaration": ("draft", OWNER, None),
    "withdraw_declaration": ("submitted", OWNER, {"reason": "调整方案"}),
    "upload_material": ("draft", OWNER, None),
    "remove_material": ("draft", OWNER, None),
    "accept_declaration": ("submitted", OFFICER, None),
    "review_declaration": ("accepted", OFFICER, FINDINGS),
    "refuse_declaration": ("accepted", OFFICER, REFUSAL),
    "return_declaration": ("accepted", OFFICER, RETURN),
    "request_opinion": ("accepted", OFFICER, None),
    "give_opinion": ("opinion_requested", GOVERNMENT, {"position": "agree", "text": "同意"}),
    "forward_declaration": ("opinion_given", SUPERVISOR, FORWARD),
    "receive_declaration": ("forwarded", CITY, RECEIPT),
    "return_declaration_from_city": ("forwarded", CITY, RETURN),
}
"""Stage in which the act begins, who acts, and the body."""


def test_every_act_on_a_declaration_is_in_the_table() -> None:
    acts = {
        name
        for name, route in operations("intake").items()
        if route.path.startswith("/v1/declarations/{declaration_id}") and "GET" not in (route.methods or ())
    }
    assert acts == set(ACTS)


async def send(world: World, name: str, path: str, material: str) -> httpx.Response:
    """Send the act; uploads and acts with If-Match too."""
    if name == "upload_material":
        return await sample_declarations.upload(world, path.split("/")[3], "site_photos", world.owner())
    return await world.call("intake", *request_of(world, name, path, material))


def request_of(world: World, name: str, path: str, material: str) -> tuple[str, str, Any, Any]:
    """Return method, address, person and body of an act."""
    _, who, body = ACTS[name]
    route = operations("intake")[name]
    address = route.path.replace("/v1/declarations/{declaration_id}", path).replace("{material_id}", material)
    (method,) = route.methods or {""}
    return method, address, world.owner() if who == OWNER else who, body


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_waits_for_another_and_is_judged_by_the_stage_after_it(world: World, name: str) -> None:
    case = (await sample_declarations.draft(world))["id"]
    material = (await sample_declarations.upload(world, case, "credit_report", world.owner())).json()["id"]
    begins = f"UPDATE intake.declaration SET stage = '{ACTS[name][0]}', round = 1, version = 1 WHERE id = '{case}'"
    await world.database.admin.execute(begins)
    await refuse_other_versions(world, "intake", *request_of(world, name, f"/v1/declarations/{case}", material))
    answer = await after(
        world,
        f"SELECT FROM intake.declaration WHERE id = '{case}' FOR UPDATE",
        f"UPDATE intake.declaration SET stage = 'rejected' WHERE id = '{case}'",
        send(world, name, f"/v1/declarations/{case}", material),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
    assert "当前为“审查不通过”" in answer.json()["detail"]


async def announce(world: World, event: Event) -> None:
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        await emit(session, event)
    await world.settle()


@pytest.mark.parametrize(
    ("kind", "before", "meanwhile"), [("passed", "assessed", "pooled"), ("assessed", "forwarded", "returned")]
)
async def test_an_event_waits_for_an_act_and_does_not_move_its_stage_back(
    world: World, kind: str, before: str, meanwhile: str
) -> None:
    declaration = await sample_declarations.draft(world)
    case = Case(declaration)
    event = case.passed() if kind == "passed" else case.assessed()
    row = f"WHERE id = '{declaration['id']}'"
    await world.database.admin.execute(f"UPDATE intake.declaration SET stage = '{before}', round = 1 {row}")
    change = f"UPDATE intake.declaration SET stage = '{meanwhile}' {row}"
    await after(world, f"SELECT FROM intake.declaration {row} FOR UPDATE", change, announce(world, event))
    found = await world.database.admin.fetchrow(f"SELECT stage, assessed FROM intake.declaration {row}")
    assert tuple(found or ()) == (meanwhile, False)


async def test_a_number_waits_for_the_one_before(world: World) -> None:
    owner = world.owner()
    body = DRAFT | {"applicant_uscc": owner.uscc}
    create = world.call("intake", "POST", "/v1/declarations", owner, body)
    made = await after(world, "INSERT INTO intake.declaration_counter VALUES ('110105', 2024, 41)", "", create)
    assert made.json()["declaration_no"] == "SB-110105-2024-0042"


@pytest.mark.clause("二（五）")
@pytest.mark.parametrize(
    ("same", "other"),
    [
        ("project_code", {"address": "示例路2号"}),
        ("entity_address_and_name", {"project_code": "2401-110105-04-01-000002"}),
    ],
)
async def test_of_two_submissions_of_one_project_the_second_sees_the_first(
    world: World, same: str, other: dict[str, Any]
) -> None:
    cases = [await sample_declarations.ready(world), await sample_declarations.ready(world, **other)]
    async with other_session(world) as connection, asyncio.TaskGroup() as group, connection.transaction():
        await connection.execute("LOCK TABLE intake.project_identity IN SHARE MODE")
        tasks = []
        for number, case in enumerate(cases, 1):
            path = f"/v1/declarations/{case}/submit"
            tasks.append(group.create_task(world.call("intake", "POST", path, world.owner())))
            await until_waiting(world, number)
    first, second = (task.result() for task in tasks)
    assert (first.status_code, second.status_code) == (200, 409)
    assert [(each["source"], each["basis"]) for each in second.json()["matches"]] == [("declaration", same)]
