"""A start with a wrong setting names it in one line; a stopped start leaves no process."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.demo.personas import PEOPLE, Signer
from shared.settings import ROOT, Settings

NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/none"


def start(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    own = {"TENGHUAN_DATA_DIR": str(folder), "NO_COLOR": "1", "COLUMNS": "200", **settings}
    return subprocess.Popen(
        [sys.executable, "-u", "-m", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("TENGHUAN_")} | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores Ctrl-C
    )


@pytest.mark.parametrize("program", [("deploy.all_in_one", "--once"), ("deploy.serve", "funding", "--port", "0")])
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DATABASE_URL", NOWHERE, "cannot be reached"),
        ("DATABASE_URL", "nonsense", "cannot be reached"),
        ("POOL_SIZE", "many", "TENGHUAN_POOL_SIZE"),
        ("HOST", "256.0.0.1", "TENGHUAN_HOST=256.0.0.1 is reached from other machines"),
        ("HOST", "localhost.invalid", "TENGHUAN_HOST=localhost.invalid is reached from other machines"),
    ],
)
def test_what_is_set_wrong_is_named(
    tmp_path: Path, program: tuple[str, ...], setting: str, value: str, said: str
) -> None:
    given = {"DATABASE_URL": NOWHERE, setting: value}
    starting = start(tmp_path, *program, **{f"TENGHUAN_{name}": text for name, text in given.items()})
    output, _ = starting.communicate(timeout=240)
    assert starting.returncode not in (0, None)
    assert said in output
    assert "Traceback" not in output
    assert "secret" not in output


def test_a_service_without_a_password_of_its_own_does_not_start(tmp_path: Path) -> None:
    server = NOWHERE.replace("nobody:secret", "app_funding:secret")
    starting = start(tmp_path, "deploy.serve", "funding", "--port", "0", TENGHUAN_FUNDING_DATABASE_URL=server)
    output, _ = starting.communicate(timeout=240)
    assert starting.returncode == 1
    assert "relay_funding has no password: set TENGHUAN_FUNDING_RELAY_PASSWORD" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("JWT_KEYS", "/nowhere/keys.json"),
        ("BUS", "inprocess"),
        ("INTERPRETATIONS", '{"cap_scope": "palace"}'),
    ],
)
def test_a_service_alone_names_the_setting_that_it_cannot_use(tmp_path: Path, setting: str, value: str) -> None:
    given = {"TENGHUAN_DATABASE_URL": NOWHERE, f"TENGHUAN_{setting}": value}
    output, _ = start(tmp_path, "deploy.serve", "funding", "--port", "0", **given).communicate(timeout=240)
    assert f"TENGHUAN_{setting}" in output
    assert "Traceback" not in output


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        given = {"TENGHUAN_DATABASE_URL": NOWHERE, "TENGHUAN_PORT": str(taken - 1)}
        starting = start(tmp_path, "deploy.serve", "intake", **given)
        output, _ = starting.communicate(timeout=240)
    assert f"127.0.0.1:{taken} is in use" in output
    assert starting.returncode == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", ["", "ready after"])
def test_stopped_while_it_starts_or_tells_it_gives_up_and_leaves_no_server(
    tmp_path: Path, number: signal.Signals, words: str
) -> None:
    starting = start(tmp_path, "deploy.all_in_one", "--once")
    assert starting.stdout is not None
    if words:
        assert any(words in line for line in starting.stdout)
    else:
        wait_for(tmp_path / "postgres")
    starting.send_signal(number)
    output, _ = starting.communicate(timeout=240)
    assert (starting.returncode, "Traceback" in output) == (130, False)
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 240
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_service_that_comes_back_amid_a_story_stands_where_the_story_does(tmp_path: Path) -> None:
    arguments = ("deploy.serve", "intake", "--port", "0", "--story-now", "2024-05-06T10:00:00+08:00")
    signer = Signer()
    service = start(tmp_path, *arguments, TENGHUAN_STORY_CLOCK="true", TENGHUAN_JWT_KEYS=signer.jwks())
    assert service.stdout is not None
    said = next(line for line in service.stdout if "answers at" in line)
    base = said.split("answers at ")[1].split("/docs")[0]
    token = signer.token(PEOPLE["city-supervisor-1"], Settings(), datetime(2024, 5, 6, tzinfo=UTC), 12)
    sent: dict[str, Any] = {"headers": {"authorization": f"Bearer {token}"}, "timeout": 60, "trust_env": False}
    answers = [
        httpx.put(f"{base}/clock", json={"now": moment}, **sent).status_code
        for moment in ("2024-05-05T10:00:00+08:00", "2024-05-06T10:00:00+08:00")
    ]
    service.send_signal(signal.SIGTERM)
    service.communicate(timeout=240)
    assert answers == [422, 200]
