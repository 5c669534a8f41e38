"""The whole story in a process of its own: ended, killed in the middle, and run again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres
from shared.settings import ROOT

TIMEOUT_SECONDS = 240
STOP_SECONDS = 60
"""A stop takes less than 5, but other tests run meanwhile."""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `make run` without make, on data of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "deploy.all_in_one", "--port", "0", *arguments],
        cwd=ROOT,
        env={**os.environ, "TENGHUAN_DATA_DIR": str(folder), "NO_COLOR": "1", "TENGHUAN_DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(suite: subprocess.Popen[str]) -> str:
    output, _ = suite.communicate(timeout=TIMEOUT_SECONDS)
    assert suite.returncode == 0, output
    return output


def read_until(suite: subprocess.Popen[str], words: str) -> str:
    assert suite.stdout is not None
    seen = ""
    for line in suite.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(seen)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story")


async def events_in(folder: Path, service: str) -> None:
    """Wait until the service has announced an event; afterwards this process no longer uses the database."""
    server = postgres.start(folder / "postgres")
    connection = await asyncpg.connect(server.dsn())
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {service}.event_log)"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        await connection.close()
        server.stop()


@pytest.mark.parametrize("service", ["intake", "eligibility", "funding"])
async def test_a_story_is_killed_once_a_service_has_announced_something(folder: Path, service: str) -> None:
    suite = start(folder, "--once")
    read_until(suite, "ready after")
    await events_in(folder, service)
    suite.kill()
    suite.communicate(timeout=TIMEOUT_SECONDS)
    assert suite.returncode == -signal.SIGKILL


def test_the_story_comes_to_its_end_on_the_data_of_the_killed_ones(folder: Path) -> None:
    assert "全部符合预期" in finish(start(folder, "--once"))


def test_a_second_run_on_kept_data_serves_and_stops_in_time(folder: Path) -> None:
    suite = start(folder)
    output = read_until(suite, "Ctrl-C")
    assert "全部符合预期" in output
    assert "eyJ" in output, "a token per persona"
    began = time.monotonic()
    suite.send_signal(signal.SIGINT)
    suite.communicate(timeout=TIMEOUT_SECONDS)
    assert (suite.returncode, time.monotonic() - began < STOP_SECONDS) == (0, True)
