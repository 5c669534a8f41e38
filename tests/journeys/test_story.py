"""The whole story in a process of its own: ended, killed in the middle, and run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def test_the_story_survives_being_killed_at_any_moment_and_comes_to_its_end(folder: Path) -> None:
    for seconds in (1.5, 4.0, 7.0):
        suite = start(folder, "--once")
        read_until(suite, "ready after")
        time.sleep(seconds)
        suite.send_signal(signal.SIGKILL)
        suite.communicate(timeout=TIMEOUT_SECONDS)
    output = finish(start(folder, "--once"))
    assert "全部符合预期" in output


def test_told_again_on_the_kept_data_it_serves_and_stops_soon(folder: Path) -> None:
    suite = start(folder)
    output = read_until(suite, "Ctrl-C")
    assert "全部符合预期" in output
    assert "eyJ" in output, "a token per persona"
    began = time.monotonic()
    suite.send_signal(signal.SIGINT)
    suite.communicate(timeout=TIMEOUT_SECONDS)
    assert (suite.returncode, time.monotonic() - began < STOP_SECONDS) == (0, True)
