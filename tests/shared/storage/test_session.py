"""Sessions: versions of rows, errors that may be tried again, row locks, and the settings of a connection."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from services.intake.models.registers import Resource
from shared.actors import WHOLE_CITY, Actor, system_actor
from shared.errors import NotFound, PreconditionRequired, Stale
from shared.storage.session import (
    acting_as,
    actor_of,
    driver,
    fence_of,
    found,
    is_transient,
    locked,
    now,
    settings_of,
    today,
)
from shared.storage.versions import etag, expect_version
from tests.intake import sample_rows
from tests.interleaving import after
from tests.world import World

ROW = Resource(version=12)


@pytest.mark.parametrize("if_match", ['"12"', ' "12" '])
def test_the_version_that_was_read_is_accepted(if_match: str) -> None:
    expect_version(ROW, if_match)


@pytest.mark.parametrize(
    "if_match",
    ['"11"', '"13"', '"1"', '"2"', '"012"', "12", 'W/"12"', '"11", "12"', '"12", "12"', "*", "", '"', '"12'],
)
def test_any_other_version_a_weak_one_a_list_and_a_star_are_stale(if_match: str) -> None:
    with pytest.raises(Stale):
        expect_version(ROW, if_match)


def test_a_missing_version_is_demanded() -> None:
    with pytest.raises(PreconditionRequired):
        expect_version(ROW, None)
    assert etag(ROW) == '"12"'


def refused(state: str, wrapper: type[DBAPIError] = DBAPIError) -> DBAPIError:
    cause = Exception("x")
    cause.sqlstate = state  # type: ignore[attr-defined]
    return wrapper("", {}, cause)


def lost() -> DBAPIError:
    error = DBAPIError("", {}, Exception("x"))
    error.connection_invalidated = True
    return error


class InternalClientErrorOfTheDriver(Exception):
    """Named as SQLAlchemy wraps the driver's own."""


TRANSIENT: dict[str, Exception] = {
    **{f"SQLSTATE {state}": refused(state) for state in ("08006", "40001", "40P01", "53300", "55P03", "57P01")},
    "driver: cancelled": asyncpg.QueryCanceledError("x"),
    "driver: interface": asyncpg.InterfaceError("x"),
    "driver: internal": asyncpg.InternalClientError("x"),
    "wrapped interface": DBAPIError("", {}, asyncpg.InterfaceError("x")),
    "wrapped internal": DBAPIError("", {}, InternalClientErrorOfTheDriver("x")),
    "operational": OperationalError("", {}, Exception("x")),
    "interface": InterfaceError("", {}, Exception("x")),
    "invalidated": lost(),
    "pool": PoolExhausted(),
    "network": ConnectionResetError(),
    "no socket": FileNotFoundError(2, "x"),
    "timeout": TimeoutError(),
}
LASTING: dict[str, Exception] = {
    **{f"SQLSTATE {state}": refused(state) for state in ("22001", "23505", "42501", "42P01", "55000", "55006")},
    "integrity": refused("23514", IntegrityError),
    "no state": DBAPIError("", {}, Exception("x")),
    "driver: unique": asyncpg.UniqueViolationError("x"),
    "missing file": FileNotFoundError(2, "x", "/x"),
    "forbidden file": PermissionError(13, "x", "/x"),
    "defect": ValueError("x"),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_may_be_tried_again(name: str) -> None:
    assert is_transient(TRANSIENT[name])


@pytest.mark.parametrize("name", LASTING)
def test_what_is_of_no_use_to_try_again(name: str) -> None:
    assert not is_transient(LASTING[name])


def test_the_fence_is_districts_and_owner() -> None:
    assert fence_of(Actor("x", "x", "auditor", ("110105", "BDA"))) == {"districts": "{110105,BDA}", "applicant": ""}
    assert fence_of(Actor("x", "x", "applicant", (), "9111")) == {"districts": "{}", "applicant": "9111"}


async def test_what_a_connection_is_set_to(world: World) -> None:
    database = world.instances["funding"].database
    async with database.session(system_actor("funding")) as session:
        shown = [
            await session.scalar(text(f"SHOW {name}"))
            for name in ("search_path", "application_name", "app.districts", "app.applicant")
        ]
        user = await session.scalar(text("SELECT current_user"))
        assert (await driver(session))._config.command_timeout == 300
        assert settings_of(session) is world.settings
    assert shown[:2] == ["funding", "tenghuan-funding"]
    assert shown[2] == "{" + ",".join(WHOLE_CITY) + "}"
    assert (shown[3], user) == ("", "app_funding")


async def test_an_error_shows_no_value_of_a_row(world: World) -> None:
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        with pytest.raises(DBAPIError, match="parameters hidden"):
            await session.execute(text("SELECT 1 / length(:said)"), {"said": ""})


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 1, 15, 59, 59, tzinfo=UTC), date(2024, 3, 1)),
        (datetime(2024, 3, 1, 16, 0, tzinfo=UTC), date(2024, 3, 2)),
    ],
)
async def test_the_day_of_a_session_is_beijing_s(world: World, moment: datetime, day: date) -> None:
    world.clock.set(moment)
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        assert (now(session), today(session)) == (moment, day)


async def test_acting_as_another_changes_the_fence_for_the_block_and_then_back(world: World) -> None:
    owner = Actor("owner", "示例", "applicant", ("110105",), "91110000600037341L")
    system = system_actor("intake")

    async def fence() -> list[Any]:
        shown = await session.execute(text("SELECT current_setting('app.districts'), current_setting('app.applicant')"))
        return list(shown.one())

    async with world.instances["intake"].database.session(system) as session:
        before = await fence()
        async with acting_as(session, owner):
            assert (await fence(), actor_of(session)) == (["{110105}", owner.uscc], owner)
        assert (await fence(), actor_of(session)) == (before, system)
        with pytest.raises(KeyError):
            async with acting_as(session, owner):
                raise KeyError
        assert actor_of(session) is system


async def test_a_row_of_another_district_is_not_found_and_not_locked(world: World) -> None:
    await sample_rows.push(world, [sample_rows.resource()])
    admin = world.database.admin
    key = await admin.fetchval("SELECT id FROM intake.resource")
    for district, is_there in (("110105", True), ("110106", False)):
        officer = Actor("x", "x", "district_officer", (district,))
        async with world.instances["intake"].database.session(officer) as session:
            for read in (found, locked):
                if is_there:
                    assert (await read(session, Resource, key)).id == key
                else:
                    with pytest.raises(NotFound):
                        await read(session, Resource, key)
            with pytest.raises(NotFound):
                await found(session, Resource, uuid4())


async def test_a_lock_waits_for_the_other_change_and_then_shows_it(world: World) -> None:
    """`locked` reads the row again, even where the session knows an older version."""
    await sample_rows.push(world, [sample_rows.resource()])
    key = await world.database.admin.fetchval("SELECT id FROM intake.resource")

    async def second() -> tuple[int, int]:
        async with world.instances["intake"].database.session(system_actor("intake")) as session:
            before = (await found(session, Resource, key)).version
            return before, (await locked(session, Resource, key)).version

    lock = f"SELECT FROM intake.resource WHERE id = '{key}' FOR NO KEY UPDATE"
    change = f"UPDATE intake.resource SET version = 9 WHERE id = '{key}'"
    assert await after(world, lock, change, second()) == (1, 9)
