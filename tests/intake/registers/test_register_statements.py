"""Statements of a push touch the rows that were sent and no others (四（一）2)."""

import pytest
from sqlalchemy import text

from services.intake.registers.kinds import LIBRARY, RESOURCES, Register, read_sql
from shared.actors import system_actor
from tests.intake.sample_rows import CHAOYANG, FENGTAI, project, push, push_projects, resource
from tests.world import World

ACTOR = system_actor("test")


@pytest.mark.parametrize(("register", "sent"), [(RESOURCES, "R-2"), (LIBRARY, "P-2")], ids=["ledger", "library"])
async def test_a_read_for_change_finds_and_locks_just_the_rows_sent(
    world: World, register: Register, sent: str
) -> None:
    prefix = sent[0]
    await push(world, [resource(f"R-{number}") for number in (1, 2, 3)])
    await push(world, [resource("R-2", FENGTAI)], who="110106-officer-1")
    await push_projects(world, [project(f"P-{number}") for number in (1, 2, 3)])
    session_of = world.instances["intake"].database.session
    keys = {"districts": [CHAOYANG], "external_ids": [sent]}
    free = text(f"SELECT district || external_id FROM {register.table} ORDER BY 1 FOR NO KEY UPDATE SKIP LOCKED")
    async with session_of(ACTOR) as reading, session_of(ACTOR) as other:
        read = (await reading.execute(read_sql(register, lock=False), keys)).all()
        assert [(row.district, row.external_id) for row in read] == [(CHAOYANG, sent)]
        everything = list((await other.scalars(free)).all())
        await other.rollback()
        assert CHAOYANG + sent in everything
        locked = (await reading.execute(read_sql(register, lock=True), keys)).all()
        assert locked == read
    async with session_of(ACTOR) as reading:
        await reading.execute(read_sql(register, lock=True), keys)
        async with session_of(ACTOR) as other:
            left = list((await other.scalars(free)).all())
    assert left == [key for key in everything if key != CHAOYANG + sent]
    assert CHAOYANG + f"{prefix}-1" in left


async def test_a_changed_project_keeps_the_links_of_the_others(world: World) -> None:
    await push(world, [resource(f"R-{number}") for number in (1, 2, 3)])
    await push_projects(world, [project("P-1", resource_external_ids=["R-1", "R-2"]), project("P-2")])
    await push_projects(world, [project("P-1", resource_external_ids=["R-1", "R-3"])], reason="更正")
    linked = text(
        "SELECT e.external_id || ' ' || l.resource_external_id FROM library_resource l "
        "JOIN library_entry e ON e.id = l.entry_id ORDER BY 1"
    )
    async with world.instances["intake"].database.session(ACTOR) as session:
        assert list((await session.scalars(linked)).all()) == ["P-1 R-1", "P-1 R-3", "P-2 R-1"]
