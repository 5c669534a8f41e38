"""Process of a Kafka node: files, start, state and end. Locking is in deploy/local/kafka/node.py."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local.kafka.configuration import JAVA_OPTIONS, server_properties
from deploy.local.kafka.jars import BrokerError, command
from deploy.local.ports import free_port
from deploy.local.signals import signal_pending

START_SECONDS = 120.0
STOP_SECONDS = 3.0
"""Seconds from SIGTERM to SIGKILL. A killed node loses no record that it wrote; it checks its log at the next start."""
_ATTEMPTS = 4
_children: dict[Path, "subprocess.Popen[bytes]"] = {}
"""Child processes that have not been waited for, by their folder."""


def format_data(home: Path, logins: Mapping[str, str]) -> None:
    """Create empty data in `home` with these logins. Raises BrokerError."""
    scram = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in logins.items()]
    arguments = ["--cluster-id", "dGVuZ2h1YW4tbG9jYWw0Mg", "--config", "server.properties"]
    arguments += [part for each in scram for part in ("--add-scram", each)]
    options = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    tool = command("kafka.tools.StorageTool", "format", "--standalone", *arguments, options=options)
    done = subprocess.run(tool, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        messages = (done.stderr or done.stdout).strip().splitlines() or ["it reports nothing"]
        raise BrokerError(f"Kafka cannot format {home}: {messages[-1]}")


def configure(home: Path, port: int, settings: Mapping[str, str]) -> None:
    """Write the node's settings; it requires logins where `home` has certificates."""
    own_ports = (free_port(), free_port())
    text = server_properties(port, own_ports, guarded=(home / "tls").exists(), more=settings)
    (home / "server.properties").write_text(text)


def start_on(home: Path, port: int, settings: Mapping[str, str]) -> None:
    """Start on the given port, or on a free one, with retries: it may be taken before the node binds it."""
    if port and listens(port):
        raise BrokerError(f"127.0.0.1:{port} is in use; Kafka cannot listen there")
    for left in reversed(range(_ATTEMPTS)):
        chosen = port or free_port()
        configure(home, chosen, settings)
        try:
            return launch(home, chosen)
        except BrokerError as error:
            if not left or "Address already in use" not in str(error):
                raise


def launch(home: Path, port: int) -> None:
    """Start the node as configured and wait until it answers. Raises BrokerError with the end of its log."""
    program = command("kafka.Kafka", home / "server.properties", options=JAVA_OPTIONS)
    with (home / "node.log").open("wb") as log:
        child = subprocess.Popen(
            program, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,  # Ctrl-C in a terminal goes to every process in front
        )  # fmt: skip
    _children[home] = child
    (home / "node.json").write_text(json.dumps({"pid": child.pid, "port": port}))
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline and not signal_pending():
        if listens(port):
            return
        time.sleep(0.02)
    end(home, signal.SIGKILL)
    raise BrokerError(f"Kafka does not start in {home}: {_end_of_log(home)}")


def _end_of_log(home: Path) -> str:
    lines = (home / "node.log").read_text(errors="replace").splitlines()
    telling = [line for line in lines if "ERROR" in line or "Exception" in line]
    return " / ".join(telling[:3] or lines[-3:]) or "it reports nothing"


def listens(port: int) -> bool:
    """Return whether a process accepts connections there. A node opens its port when it is ready to serve."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def noted(home: Path) -> dict[str, int]:
    """Return process id and port of the last start."""
    found: dict[str, int] = json.loads((home / "node.json").read_text())
    return found


def runs(home: Path) -> bool:
    """Return whether the noted process runs and is this node: its id may have been reused."""
    try:
        pid = noted(home)["pid"]
    except (FileNotFoundError, ValueError):
        return False
    with suppress(psutil.Error):
        return str(home / "server.properties") in psutil.Process(pid).cmdline()
    return False


def end(home: Path, number: signal.Signals) -> None:
    """Stop the node if it runs, with SIGKILL after STOP_SECONDS; return when the process is gone."""
    while runs(home):
        with suppress(ProcessLookupError):
            os.kill(noted(home)["pid"], number)
        deadline = time.monotonic() + STOP_SECONDS
        while runs(home) and time.monotonic() < deadline:
            time.sleep(0.02)
        number = signal.SIGKILL
    child = _children.pop(home, None)
    if child is not None:
        child.kill()  # an ending process has no command line any more and is not gone yet
        child.wait()
