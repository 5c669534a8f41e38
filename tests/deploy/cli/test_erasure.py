"""`tenghuan privacy erase`: a person goes, the proofs stay, and what is kept is told."""

from typing import Any

import pytest

from deploy.cli.erasure import places
from services import SERVICES
from shared.privacy import register
from tests.deploy.cli.audit import audit_rows
from tests.deploy.operator_commands import rows_of, tenghuan
from tests.funding import case as funding_case
from tests.sealing import seal, verify
from tests.world import World

ORDER = ("--order", "京发改函1号", "--reason", "本人请求")


async def settled_case(world: World) -> str:
    """Return the id of a sealed case whose money is released; its people are in the directory."""
    await seal(world)
    case = str(await funding_case.released(world))
    await world.settle()
    for instance in world.instances.values():
        await instance.tick()
    await seal(world)
    return case


async def left(world: World, who: str) -> None:
    """Close the entries of a person."""
    for service in SERVICES:
        closed = f"UPDATE {service}.person SET closed_at = now(), closed_by = 'x', closed_reason = '调离'"
        await world.database.admin.execute(f"{closed} WHERE subject = $1", who)


async def erased(world: World, who: str, *more: str) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Erase an account; return numbers of erased and kept values by service, table and column."""
    rows = await rows_of(world, "privacy", "erase", "--subject", who, *ORDER, "--yes", *more)
    assert all(bool(row["why"]) == bool(row["kept"]) for row in rows)
    return {(row["service"], row["table"], row["column"]): (row["erased"], row["kept"]) for row in rows}


async def values(world: World, query: str) -> set[str]:
    return {row[0] for row in await world.database.admin.fetch(query)}


async def test_everybody_who_decided_on_a_case_is_erased_and_the_records_stay_sound(world: World) -> None:
    case = await settled_case(world)
    path = f"/v1/proofs/approval/{case}"
    before = await world.get("funding", path, "auditor-1")
    people = await values(world, "SELECT DISTINCT actor FROM funding.act WHERE actor !~ ':'")
    assert len(people) > 3
    for who in sorted(people):
        await left(world, who)
        shown = await erased(world, who, "--dry-run")
        assert await erased(world, who) == shown
        assert shown["funding", "act", "actor"][0] > 0
        assert shown["funding", "duty", "actor"][1] > 0, "a part of the record's key"
        assert all(gone == 0 for gone, _ in (await erased(world, who)).values())
    assert not people & await values(world, "SELECT actor FROM funding.act UNION SELECT actor FROM funding.event_log")
    assert await values(world, "SELECT approved_by FROM funding.approval") == {"已删除"}
    drafted = await values(world, "SELECT unnest(ARRAY[drafted_by, confirmed_by]) FROM funding.appropriation")
    assert drafted == {"已删除", ""}, "two people stay apart"
    for service in SERVICES:
        report = await verify(world, service)
        assert (report.faults, report.pending) == ([], len(await pending_operations(world, service))), service
    after = await world.get("funding", path, "auditor-1")
    assert (after["content"], after["path"]) == (before["content"], before["path"])
    told = str(await audit_rows(world))
    assert "京发改函1号" in told
    assert not any(who in told for who in people)


async def pending_operations(world: World, service: str) -> set[str]:
    """Return the operations of the command, which are sealed later."""
    return await values(world, f"SELECT id::text FROM {service}.operation WHERE command = 'privacy erase'")


async def test_a_person_who_may_sign_in_again_or_whose_record_is_not_sealed_is_not_erased_yet(world: World) -> None:
    await settled_case(world)
    who = "finance-1"
    asked: tuple[Any, ...] = ("privacy", "erase", "--subject", who, *ORDER, "--yes")
    result = await tenghuan(world, *asked)
    assert (result.exit_code, "entry is open" in result.output) == (1, True)
    await left(world, who)
    await world.database.admin.execute("UPDATE funding.release_request SET evidence = evidence || '.'")
    result = await tenghuan(world, *asked)
    assert (result.exit_code, "not sealed yet" in result.output) == (1, True)
    assert who in await values(world, "SELECT actor FROM funding.act")


def test_every_name_of_a_handler_stands_beside_the_account() -> None:
    listed = register(SERVICES)
    for service in SERVICES:
        handlers = {(table, column) for table, kind, column in listed.columns(service) if kind == "handler"}
        names = {each for each in handlers if each[1].endswith("_name")}
        assert {(place.table, place.name) for place in places(listed, service) if place.name} == names


@pytest.mark.parametrize("missing", [("--subject", " "), ("--order", "")])
async def test_account_and_order_are_demanded(world: World, missing: tuple[str, str]) -> None:
    given = {"--subject": "finance-1", "--order": "1", **dict([missing])}
    arguments = [each for pair in given.items() for each in pair]
    assert (await tenghuan(world, "privacy", "erase", *arguments, "--reason", "x")).exit_code == 2
