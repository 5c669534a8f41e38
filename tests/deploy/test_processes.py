"""The supervisor: restarts a process that ends, reports one that cannot start, stops all in time."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.ports import free_port
from deploy.local.processes import Processes, Program, StartFailed, environment, service_program, without_secrets
from services import SERVICES
from shared.settings import ROOT, Settings


def program(name: str, *manner: str) -> Program:
    port = free_port()
    return Program(name, (str(port), *manner), f"http://127.0.0.1:{port}", module="tests.deploy.answering_server")


async def come_back(processes: Processes, name: str, starts: int) -> None:
    """Wait until the process was started so many times and is ready."""
    async with asyncio.timeout(60):
        while processes.starts[name] < starts:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
    await processes.ready(name)


async def test_one_that_is_killed_comes_back_and_the_others_are_left_alone(tmp_path: Path) -> None:
    said: list[str] = []
    async with Processes([program("one"), program("other")], tmp_path, say=said.append) as processes:
        before = processes.pid("one"), processes.pid("other")
        processes.kill("one")
        await come_back(processes, "one", 2)
        assert processes.pid("one") != before[0]
        assert (processes.pid("other"), processes.starts) == (before[1], {"one": 2, "other": 1})
    assert [line.split(";")[0] for line in said] == ["one ended unexpectedly (SIGKILL) and is restarted"]


async def test_one_that_shall_stay_down_does_until_it_is_started(tmp_path: Path) -> None:
    async with Processes([program("one")], tmp_path) as processes:
        processes.kill("one", stay_down=True)
        pid = processes.pid("one")
        async with asyncio.timeout(60):
            while psutil.pid_exists(pid):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.02)
        with pytest.raises(StartFailed, match="one is not ready"):
            await processes.ready("one", seconds=0.5)
        await processes.start("one")
        await processes.ready()


async def test_a_frozen_one_does_not_answer_until_it_is_thawed(tmp_path: Path) -> None:
    one = program("one")
    async with Processes([one], tmp_path) as processes, httpx.AsyncClient(trust_env=False) as client:
        processes.freeze("one")
        with pytest.raises(httpx.TimeoutException):
            await client.get(one.address, timeout=0.3)
        processes.thaw("one")
        assert (await client.get(one.address, timeout=60)).status_code == 200


async def test_one_that_cannot_start_is_named_with_its_last_words_and_nothing_is_left(tmp_path: Path) -> None:
    processes = Processes([program("well"), program("ill", "fail", "no", "such", "database")], tmp_path)
    with pytest.raises(StartFailed, match=r"ill ended instead of serving(.|\n)*no such database"):
        await processes.__aenter__()
    assert not psutil.pid_exists(processes.pid("well"))
    assert processes.starts["ill"] == 1


async def test_all_stop_even_one_that_does_not_want_to(tmp_path: Path) -> None:
    async with Processes([program("one"), program("deaf", "deaf"), program("frozen")], tmp_path) as processes:
        processes.freeze("frozen")
        pids = [processes.pid(name) for name in processes.programs]
        async with asyncio.timeout(60):
            await processes.stop()
        assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_replica_is_added_and_taken_away(tmp_path: Path) -> None:
    async with Processes([program("one")], tmp_path) as processes:
        await processes.add(program("one-1"))
        await processes.stop("one-1")
        assert not psutil.pid_exists(processes.pid("one-1"))
        await processes.ready("one")


async def test_each_start_is_told_what_holds_by_then(tmp_path: Path) -> None:
    port = free_port()
    bare = Program("one", (), f"http://127.0.0.1:{port}", module="tests.deploy.answering_server")
    told: list[str] = []

    def at_start() -> list[str]:
        told.append(str(port))
        return told[-1:]

    async with Processes([bare], tmp_path, at_start=at_start) as processes:
        processes.kill("one")
        await come_back(processes, "one", 2)
    assert len(told) == 2


def test_processes_end_with_the_one_that_started_them_even_when_it_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.supervisor", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    assert psutil.wait_procs([child], timeout=60)[1] == []


def test_settings_become_environment_variables_that_give_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        database_url="postgresql://a@b/c", role_passwords={"app_intake": "s'ec\"ret"},
        story_clock=True, tick_seconds=0.5, jwt_algorithms=["ES256"],
        interpretations={"lpr_date": "drawdown"}, data_dir=ROOT / "var" / "x",
    )  # fmt: skip
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert Settings() == given


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_process_has_neither_the_administrators_login_nor_anothers(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets arrive from the settings and from the environment of the process that starts it."""
    monkeypatch.setenv("TENGHUAN_DATABASE_URL", "postgresql://admin:s3cret@db.invalid/th")
    for each in SERVICES:
        monkeypatch.setenv(f"TENGHUAN_{each.upper()}_APP_PASSWORD", f"app of {each}")
        monkeypatch.setenv(f"TENGHUAN_{each.upper()}_RELAY_NEXT_PASSWORD", f"relay of {each}")
    program = service_program(service, Settings())
    given = {**without_secrets(os.environ), **program.environment}
    known = {name: value for name, value in given.items() if " of " in value or "s3cret" in value}
    assert {word for value in known.values() for word in re.findall("(?:app|relay) of (\\w+)", value)} == {service}
    assert not [name for name, value in given.items() if "s3cret" in value]
