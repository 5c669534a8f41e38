"""One operation: exit code, audit rows and message of every outcome and error."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import asyncpg
import pytest
import typer
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from deploy.cli.operation import Away, Command, Operation, Refused, Result, run_command
from deploy.local.postgres_site import PostgresError
from shared.settings import Settings
from tests.deploy.cli.audit import audit_rows, expect_audit
from tests.world import World

SERVICES = ("intake", "funding")
ARGUMENTS = {"some": ["a", "b"], "none": None}


def state(code: str) -> DBAPIError:
    """Return an error of the database with this SQLSTATE."""

    class Error(Exception):
        sqlstate = code

    return DBAPIError("", {}, Error(f"state {code}"))


async def exit_code(world: World, command: Command, work: Callable[[Operation], Awaitable[Result]]) -> int:
    """Run the work as a command does, in a thread: it has an event loop of its own."""

    @contextmanager
    def database() -> Iterator[Settings]:
        yield world.settings

    def run() -> int:
        try:
            run_command(command, work, database)
        except typer.Exit as ended:
            return ended.exit_code

    return await asyncio.to_thread(run)


@pytest.mark.parametrize(
    ("outcome", "code"), [("done", 0), ("partial", 5), ("check_failed", 3), ("failed", 1), ("refused", 1), ("away", 4)]
)
@pytest.mark.parametrize("changes", [False, True], ids=["looks", "changes"])
async def test_each_outcome_has_its_exit_code_and_is_recorded_with_its_detail(
    world: World, outcome: Any, code: int, changes: bool
) -> None:
    async def work(_operation: Operation) -> Result:
        return Result([], outcome, {"many": 7})

    command = Command("test it", SERVICES, ARGUMENTS, "officer-7", "示例理由", "json", changes=changes)
    assert await exit_code(world, command, work) == code
    begun: list[Any] = [("begun", {})] if changes else []
    expected = [*begun, (outcome, {"many": 7})]
    await expect_audit(world, SERVICES, "test it", ARGUMENTS, *expected, operator="officer-7", reason="示例理由")


AWAY = [
    Away("the broker is away"),
    OperationalError("", {}, ConnectionError("x")),
    OSError("no route"),
    asyncpg.InterfaceError("connection is closed"),
    *(state(code) for code in ("08006", "28P01", "3D000", "53300", "57P03")),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: getattr(getattr(error, "orig", error), "sqlstate", None))
async def test_a_database_or_broker_that_is_away_is_exit_4(
    world: World, error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    await expect_failure(world, error, 4, "away", repr(error))
    printed, said = capfd.readouterr()
    assert (printed, said.count("\n")) == ("", 1)
    assert ("is away" in said) is True


@pytest.mark.parametrize(
    ("error", "said"),
    [
        *((state(code), "has it been migrated?") for code in ("3F000", "42P01", "42501")),
        (ArgumentError("nonsense"), "is not a database URL: nonsense"),
    ],
    ids=["no schema", "no table", "no right", "no URL"],
)
async def test_what_an_operator_can_fix_is_one_line_and_exit_1(
    world: World, error: Exception, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await expect_failure(world, error, 1, "failed", repr(error))
    printed, lines = capfd.readouterr()
    assert (printed, lines.count("\n"), said in lines) == ("", 1, True)


async def test_a_refusal_is_exit_1_with_its_reason(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    await expect_failure(world, Refused("there is none"), 1, "refused", "there is none")
    assert capfd.readouterr() == ("", "there is none\n")


async def expect_failure(world: World, error: Exception, code: int, outcome: str, recorded: str) -> None:
    async def work(_operation: Operation) -> Result:
        raise error

    assert await exit_code(world, Command("test it", SERVICES, {}, changes=True), work) == code
    await expect_audit(world, SERVICES, "test it", {}, ("begun", {}), (outcome, {"error": recorded}))


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), state("42703"), state("23505")], ids=["bug", "42703", "23505"]
)
async def test_a_bug_is_recorded_and_raised(world: World, error: Exception) -> None:
    async def work(_operation: Operation) -> Result:
        raise error

    with pytest.raises(type(error)):
        await exit_code(world, Command("test it", SERVICES, {}), work)
    await expect_audit(world, SERVICES, "test it", {}, ("failed", {"error": repr(error)}))


async def test_an_interruption_is_recorded(world: World) -> None:
    async def work(_operation: Operation) -> Result:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await exit_code(world, Command("test it", SERVICES, {}, changes=True), work)
    await expect_audit(world, SERVICES, "test it", {}, ("begun", {}), ("interrupted", {}))


async def test_work_that_records_itself_is_not_recorded_beside(world: World) -> None:
    async def work(operation: Operation) -> Result:
        return Result([{"a": 1}])

    assert await exit_code(world, Command("test it", SERVICES, {}, changes=True, records_itself=True), work) == 0
    assert await audit_rows(world) == {}


async def test_where_there_is_no_database_nothing_is_run(capfd: pytest.CaptureFixture[str]) -> None:
    def nowhere() -> AbstractContextManager[Settings]:
        raise PostgresError("there is no database here")

    async def work(_operation: Operation) -> Result:
        raise AssertionError

    with pytest.raises(typer.Exit) as ended:
        await asyncio.to_thread(lambda: run_command(Command("test it", SERVICES, {}), work, nowhere))
    assert ended.value.exit_code == 4
    assert capfd.readouterr().err.startswith("there is no database here. Set TENGHUAN_DATABASE_URL")
