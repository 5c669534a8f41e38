"""Copies of figures in other services: late, repeated, out of order, and never an older one in silence."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.funding.handlers import receive_application
from shared.contracts.eligibility import PolicyFiguresConfirmed, PoolEntered
from shared.contracts.funding import RateFiguresConfirmed
from shared.events.series import announced_by, series_id, store_copy
from shared.policy import parameter
from tests.eligibility.test_dry_run import dry_run, project
from tests.funding.case import enter_pool
from tests.shared.figures.batches import AUTHOR, CSV, JUNE, batch, confirm, enter, listed, rate
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")
LOAN = {"principal_yuan": "100000000.00", "rate": "0.0500", "years": 3}


async def estimate(world: World, status: int = 200) -> Any:
    return await dry_run(world, project(), status, loan=LOAN, as_of="2024-03-01")


async def announced(world: World, *values: str) -> list[RateFiguresConfirmed]:
    """Confirm corrections of one quotation at funding, and return what it announces."""
    for value in values:
        await confirm(world, await enter(world, batch("lpr", rate("1Y", "2024-02-20", value))), status=200)
    rows = await world.database.admin.fetch(
        "SELECT payload FROM funding.event_log WHERE type = 'funding.figures_confirmed.v1' ORDER BY id"
    )
    return [RateFiguresConfirmed.model_validate_json(row["payload"]) for row in rows]


async def hear(world: World, *events: RateFiguresConfirmed) -> None:
    async with world.instances["eligibility"].consumer._transaction() as session:
        for event in events:
            await store_copy(session, event)


async def test_a_later_batch_before_an_earlier_one_stops_calculations_until_both_are_there(world: World) -> None:
    world.clock.set(JUNE)
    first, second = await announced(world, "3.40", "3.30")
    await world.settle()
    assert (first.series_id, first.number, second.number) == (series_id("lpr"), 1, 2)
    await world.database.admin.execute("DELETE FROM eligibility.series_batch; DELETE FROM eligibility.series_head")
    await hear(world, second)
    refused = await estimate(world, 409)
    assert refused["code"] == "figures_not_received"
    assert "tenghuan parked list" in refused["detail"]
    await hear(world, first, second, first)
    quoted = [each for each in await listed(world, "eligibility", kind="lpr", key="1Y") if each["batch"]]
    assert [(each["value"], each["version"]) for each in quoted] == [("3.30", 3)]
    assert (await estimate(world))["support"]["interest_subsidy"]["award_yuan"] is not None


async def test_every_event_of_the_owner_says_which_figures_it_had_confirmed(world: World) -> None:
    world.clock.set(JUNE)
    await confirm(world, await enter(world, batch(file=CSV.encode())), status=200)
    await world.settle()
    body = {"year": 2026, "amount_yuan": "1000000.00", "document_no": "京财预〔2026〕1号"}
    await world.post("funding", "/v1/budgets", AUTHOR, body, 201)
    sent = [message for _, messages in world.bus.carried for message in messages if message.source == "funding"]
    assert {message.headers.get("figures") for message in sent} == {"lpr=1"}
    assert announced_by(sent, ["lpr"]) == {"lpr": 1}
    assert announced_by(sent, ["calendar"]) == {}


async def test_the_package_is_stored_and_announced_once_and_changes_nothing(world: World) -> None:
    before = await listed(world, "funding", kind="lpr", key="5Y")
    for _ in range(2):
        for name in ("funding", "eligibility", "monitoring"):
            world.instances[name]._package_stored = False
            await world.instances[name].keep_figures()
    await world.settle()
    for service in ("funding", "eligibility"):
        after = await listed(world, service, kind="lpr", key="5Y")
        assert [each | {"batch": 0} for each in after] == before
        assert {each["batch"] for each in after} == {1}
    assert len(await world.events("funding", "funding.figures_confirmed.v1")) == 1
    await confirm(world, await enter(world, batch("lpr", rate("1Y", "2024-02-20", "3.40"))), status=200)
    (found,) = await listed(world, "funding", kind="lpr", key="1Y", on="2024-03-01")
    assert (found["value"], found["version"], found["batch"]) == ("3.40", 2, 2)
    await world.settle()
    carried = await listed(world, "eligibility", kind="lpr", versions="true", key="1Y")
    await world.redeliver_all()
    assert await listed(world, "eligibility", kind="lpr", versions="true", key="1Y") == carried


async def test_a_move_that_began_before_the_last_one_is_read_by_everybody(world: World) -> None:
    """Commit the transaction with the older number last."""
    world.clock.set(JUNE)
    consumer = world.instances["eligibility"].consumer
    (event,) = await announced(world, "3.40")
    await world.settle()
    await world.database.admin.execute("DELETE FROM eligibility.series_batch; DELETE FROM eligibility.series_head")
    async with consumer._transaction() as slow:
        await slow.execute(text("SELECT pg_current_xact_id()"))
        await hear(world, event.model_copy(update={"kind": "factor", "batch_id": event.series_id}))
        await listed(world, "eligibility", kind="lpr")
        await store_copy(slow, event)
    (found,) = await listed(world, "eligibility", kind="lpr", key="1Y", on="2024-03-01")
    assert found["value"] == "3.40"


REMINDER = {"key": "evaluation_reminder_days", "valid_from": "2024-02-01", "value": "45"}


async def test_a_service_that_was_told_of_figures_waits_for_them_and_then_catches_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    funding = world.instances["funding"].consumer
    seen: list[str] = []

    async def needing(session: Any, event: PoolEntered) -> None:
        seen.append(str(parameter("evaluation_reminder_days", date(2024, 3, 1))))
        await receive_application(session, event)

    deaf: dict[Any, Any] = {k: act for k, act in funding.handlers.items() if k is not PolicyFiguresConfirmed}
    deaf[PoolEntered] = needing
    monkeypatch.setattr(funding, "handlers", deaf)
    entered = await enter(world, batch("parameter", REMINDER), "eligibility", status=201)
    await confirm(world, entered, "eligibility", status=200)
    await world.settle()
    case = await enter_pool(world)
    await world.settle()
    assert "FiguresNotReceived" in str(await world.parked())
    assert seen == []
    row = await world.database.admin.fetchval(
        "SELECT payload FROM eligibility.event_log WHERE type = 'eligibility.figures_confirmed.v1'"
    )
    async with funding._transaction() as session:
        await store_copy(session, PolicyFiguresConfirmed.model_validate_json(row))
    await world.instances["funding"].keep_figures()
    assert seen == ["45"]
    assert await world.parked() == {}
    await world.get("funding", f"/v1/applications/{case}", "city-officer-1")
