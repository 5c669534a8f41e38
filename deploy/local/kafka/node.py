"""Embedded Apache Kafka: a single node on loopback, for one machine, tests and fault campaigns.

The data stay in their directory between runs. Processes that name the same directory share one node, which stops with
the last of them. One that was killed leaves no harm: the next start stops the node it left and starts a fresh one.
"""

import atexit
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.kafka import certificates
from deploy.local.kafka.jars import BrokerError
from deploy.local.kafka.server import configure, end, format_data, launch, noted, runs, start_on
from deploy.local.locks import alone, open_private, share, sole
from deploy.local.ports import free_port
from deploy.local.signals import signals_held
from shared.clock import Clock


@dataclass
class Node:
    """Running node that this process uses until `stop` or its own end."""

    home: Path
    port: int
    ca_file: Path | None
    """Authority of the node's certificate; None for a node that requires no login."""
    users: IO[str]

    @property
    def servers(self) -> str:
        """Host and port, the form of TENGHUAN_KAFKA_SERVERS."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the node, or of its last run."""
        return noted(self.home)["pid"]

    def kill(self) -> None:
        """Send SIGKILL and wait for the end of the process. Unwritten data are lost."""
        end(self.home, signal.SIGKILL)

    def restart(self, *, empty: bool = False) -> None:
        """Start the node again on the same port after `kill`, with its data or empty. Raises BrokerError.

        Blocks for some seconds. A node that asks for logins forgets them with its data.
        """
        if empty:
            shutil.rmtree(self.home / "log")
            format_data(self.home, {})
        with signals_held():
            launch(self.home, self.port)

    def stop(self, *, keep: bool = True) -> None:
        """Stop using the node; its last user stops it, and deletes its data unless `keep` is set.

        A second call does nothing.
        """
        if self.users.closed:
            return
        with signals_held(), alone(_beside(self.home, "lock")), self.users:
            if sole(self.users):
                end(self.home, signal.SIGTERM)
                if not keep:
                    _delete(self.home)
        _joined.remove(self)


_joined: list[Node] = []


@atexit.register
def _stop_all() -> None:
    """Stop using every node at the end of a process that did not call `stop`, after an error for example."""
    for node in tuple(_joined):
        node.stop()


def start(
    data_dir: Path,
    *,
    port: int = 0,
    logins: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Node:
    """Return the node whose data are in `data_dir`, created and started when needed; port 0 takes any free one.

    With `logins` (names and passwords) clients must log in with SCRAM-SHA-512 over TLS; logins are made with the data,
    and "admin" may do everything. `settings` are Kafka's own, beside ours. A node that others use keeps what it has.
    Raises BrokerError.
    """
    home = data_dir.absolute()
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        with alone(_beside(home, "lock")):
            _make(home, logins or {})
            with signals_held():
                return _join(home, port, settings or {})
    except OSError as error:
        raise BrokerError(f"Kafka cannot start in {home}: {error}") from error


def _join(home: Path, port: int, settings: Mapping[str, str]) -> Node:
    users = open_private(_beside(home, "users"))
    try:
        if sole(users) or not runs(home):
            end(home, signal.SIGTERM)
            start_on(home, port, settings)
        share(users)
    except BaseException:
        users.close()
        raise
    authority = home / "tls" / "ca.pem"
    node = Node(home, noted(home)["port"], authority if authority.exists() else None, users)
    _joined.append(node)
    return node


def _make(home: Path, logins: Mapping[str, str]) -> None:
    """Create the data directory, unless there is one. It appears whole or not at all."""
    if home.exists():
        return
    fresh = _beside(home, "new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if logins:
        certificates.make(fresh / "tls", Clock().now())
    configure(fresh, free_port(), {})
    format_data(fresh, logins)
    fresh.rename(home)


def _beside(home: Path, suffix: str) -> Path:
    return home.with_name(f"{home.name}.{suffix}")


def _delete(home: Path) -> None:
    for directory in (home, _beside(home, "new")):
        shutil.rmtree(directory, ignore_errors=True)
    for suffix in ("users", "lock"):
        _beside(home, suffix).unlink(missing_ok=True)


def remove(data_dir: Path) -> None:
    """Delete a node's data. Raises BrokerError while a process uses it."""
    home = data_dir.absolute()
    with alone(_beside(home, "lock")), open_private(_beside(home, "users")) as users:
        if not sole(users):
            raise BrokerError(f"{data_dir} is in use: stop `make run-kafka` first")
        end(home, signal.SIGTERM)
        _delete(home)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "remove":
        sys.exit("usage: python -m deploy.local.kafka.node remove DIRECTORY")
    try:
        remove(Path(sys.argv[2]))
    except BrokerError as problem:
        sys.exit(str(problem))
