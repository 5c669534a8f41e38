"""The embedded server: kept data, one server for several processes, recovery after kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from deploy.local.postgres import remove, start
from deploy.local.postgres_site import PostgresError

QUICK = {"fsync": "off"}
JOIN = (
    "import sys, pathlib; "
    "from deploy.local.postgres import start; start(pathlib.Path(sys.argv[1])); print(1, flush=True)"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """Return a directory that another account may reach, with a blank and a quote in its name."""
    with TemporaryDirectory(prefix="tenghuan it's ") as made:
        Path(made).chmod(0o755)
        yield Path(made) / "postgres"


def waiting(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"{script}; sys.stdin.read()", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def in_another_process(home: Path) -> subprocess.Popen[str]:
    """Start a process that has joined the server and waits to be killed."""
    other = waiting(JOIN, str(home))
    assert other.stdout is not None
    assert other.stdout.readline() == "1\n"
    return other


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def postmaster(home: Path) -> int:
    return int((home / "postmaster.pid").read_text().split()[0])


async def asked(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_are_kept_between_runs(home: Path) -> None:
    for made in ("CREATE TABLE building AS SELECT 1 AS floors", "SELECT 1"):
        server = start(home, QUICK)
        await asked(server.dsn(), made)
        assert await asked(server.dsn(), "SELECT floors FROM building") == 1
        server.stop()
    assert not (home / "postmaster.pid").exists()


async def test_data_not_to_be_kept_go_with_the_last_process(home: Path) -> None:
    other = in_another_process(home)
    start(home, QUICK).stop(keep=False)
    assert (home / "PG_VERSION").exists()
    server = start(home, QUICK)
    kill(other)
    server.stop(keep=False)
    assert list(home.parent.iterdir()) == []


async def test_settings_reach_the_server_each_time_it_starts(home: Path) -> None:
    for memory in ("3MB", "5MB"):
        server = start(home, QUICK | {"work_mem": memory})
        assert await asked(server.dsn(), "SHOW work_mem") == memory
        server.stop()


async def test_a_path_too_long_for_a_socket_is_served_over_loopback(home: Path) -> None:
    server = start(home.parent / ("long" * 30) / "postgres", QUICK)
    assert "@127.0.0.1:" in server.dsn()
    assert await asked(server.dsn(), "SELECT 1") == 1
    server.stop()


async def test_a_wrong_password_is_refused(home: Path) -> None:
    server = start(home, QUICK)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asked(server.dsn(password="guess"), "SELECT 1")
    server.stop()


async def test_the_server_stops_with_the_last_process_that_uses_it(home: Path) -> None:
    other = in_another_process(home)
    server = start(home, QUICK)
    kill(other)
    assert await asked(server.dsn(), "SELECT 1") == 1
    other = in_another_process(home)
    server.stop()
    assert postmaster(home)
    last = start(home)
    kill(other)
    last.stop()
    assert not (home / "postmaster.pid").exists()


def test_a_process_that_ends_in_an_error_leaves_no_server(home: Path) -> None:
    failed = subprocess.run([sys.executable, "-c", f"{JOIN}; 1 / 0", str(home)], capture_output=True, text=True)
    assert "ZeroDivisionError" in failed.stderr
    assert not (home / "postmaster.pid").exists()


async def test_a_killed_process_leaves_a_server_that_the_next_one_replaces(home: Path) -> None:
    kill(in_another_process(home))
    left_behind = postmaster(home)
    server = start(home, QUICK)
    assert postmaster(home) != left_behind
    assert await asked(server.dsn(), "SHOW fsync") == "off"
    server.stop()


async def test_a_killed_server_is_started_again(home: Path) -> None:
    server = start(home, QUICK)
    await asked(server.dsn(), "CREATE TABLE building AS SELECT 1 AS floors")
    os.kill(postmaster(home), signal.SIGKILL)
    again = start(home, QUICK)
    assert await asked(again.dsn(), "SELECT floors FROM building") == 1
    again.stop()
    server.stop()


async def test_a_stale_pid_file_never_ends_a_stranger(home: Path) -> None:
    start(home, QUICK).stop()
    stranger = waiting("import sys")
    (home / "postmaster.pid").write_text(f"{stranger.pid}\n{home}\n1\n5432\n{home}\n\n0 0\nready\n")
    server = start(home, QUICK)
    assert await asked(server.dsn(), "SELECT 1") == 1
    server.stop()
    assert stranger.poll() is None
    kill(stranger)


def test_data_of_another_major_version_are_named_and_left_alone(home: Path) -> None:
    home.mkdir()
    (home / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match="PostgreSQL 16"):
        start(home)
    assert (home / "PG_VERSION").read_text() == "16\n"


def test_data_in_use_are_not_removed(home: Path) -> None:
    server = start(home, QUICK)
    with pytest.raises(PostgresError, match="in use"):
        remove(home)
    server.stop()
    remove(home)
    assert not home.exists()


def test_a_setting_that_does_not_exist_is_named(home: Path) -> None:
    with pytest.raises(PostgresError, match="shared_bufers"):
        start(home, {"shared_bufers": "64MB"})
