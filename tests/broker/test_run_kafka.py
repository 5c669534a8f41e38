"""The suite as four processes on a real Kafka: killed in whole and in part, its story still ends as expected."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from services import SERVICES
from shared.settings import ROOT

CONFIRM_SECONDS = 400
READY = "ready after"


def start(folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start `make run-kafka` without make, on data of its own."""
    own = {"TENGHUAN_DATA_DIR": str(folder), "NO_COLOR": "1", "COLUMNS": "200", **settings}
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "deploy.run_kafka", "--port", "0", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("TENGHUAN_")} | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(suite: "subprocess.Popen[str]", words: str) -> str:
    assert suite.stdout is not None
    seen = ""
    for line in suite.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(seen)


def services_of(suite: "subprocess.Popen[str]") -> dict[str, psutil.Process]:
    """Return the four processes by the name of their service."""
    children = psutil.Process(suite.pid).children()
    return {name: child for child in children for name in SERVICES if name in child.cmdline()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, real_node: None) -> Path:
    return tmp_path_factory.mktemp("run-kafka")


def test_brokers_that_are_away_are_named(tmp_path: Path) -> None:
    suite = start(tmp_path, "--once", TENGHUAN_KAFKA_SERVERS="127.0.0.1:1")
    output, _ = suite.communicate(timeout=CONFIRM_SECONDS)
    assert suite.returncode == 1
    assert "TENGHUAN_KAFKA_SERVERS" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("services", [0, 2, 4])
def test_stopped_while_it_starts_it_leaves_no_server_and_no_node(folder: Path, services: int) -> None:
    """Signal the command once so many services have been started."""
    suite = start(folder, "--once")
    output = read_until(suite, "starting four processes")
    while len(services_of(suite)) < services:
        time.sleep(0.001)
    children = psutil.Process(suite.pid).children()
    suite.send_signal(signal.SIGTERM)
    rest, _ = suite.communicate(timeout=CONFIRM_SECONDS)
    assert (suite.returncode, "Traceback" in output + rest) == (130, False)
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_killed_amid_the_story_it_leaves_no_service_and_the_next_run_can_start(folder: Path) -> None:
    suite = start(folder, "--once")
    read_until(suite, READY)
    services = services_of(suite)
    assert set(services) == set(SERVICES)
    suite.kill()
    suite.communicate()
    gone, alive = psutil.wait_procs(list(services.values()), timeout=60)
    assert (len(gone), alive) == (4, [])


def test_services_killed_amid_the_story_come_back_and_it_ends_well(folder: Path) -> None:
    suite = start(folder, "--once")
    output = read_until(suite, READY)
    services = services_of(suite)
    for name in ("eligibility", "funding"):
        services[name].send_signal(signal.SIGKILL)
    output += read_until(suite, "funding ended unexpectedly (SIGKILL)")
    services["intake"].send_signal(signal.SIGKILL)
    rest, _ = suite.communicate(timeout=CONFIRM_SECONDS)
    output += rest
    assert suite.returncode == 0, output
    assert "全部符合预期" in output
    assert output.count("ended unexpectedly (SIGKILL)") == 3
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_told_again_it_serves_until_it_is_stopped(folder: Path) -> None:
    suite = start(folder)
    output = read_until(suite, "Ctrl-C")
    assert "全部符合预期" in output
    assert "Kafka：127.0.0.1:" in output
    services = services_of(suite)
    suite.send_signal(signal.SIGTERM)
    suite.communicate(timeout=CONFIRM_SECONDS)
    assert suite.returncode == 0
    assert not any(service.is_running() for service in services.values())
    assert list(folder.glob("*/node.json"))
