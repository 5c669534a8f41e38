"""Embedded PostgreSQL 18 from a wheel, for one machine, tests and benchmarks.

The data stay in their directory between runs. Processes that name the same directory share one server, which stops
with the last of them. One that was killed leaves no harm: the system drops its locks, and the next start stops the
server it left behind and starts a fresh one.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from deploy.local.locks import alone, open_private, share, sole
from deploy.local.ports import free_port
from deploy.local.postgres_site import MAJOR, ROOTS_STATE, PostgresError, Site, site_of
from deploy.local.signals import signals_held

SUPERUSER = "tenghuan"
SOCKET_PATH_LIMIT = 100
"""Bytes. A longer path does not fit into a socket's address (104 on macOS, 108 on Linux); TCP serves then."""
ATTEMPTS = 8
TRANSIENT = ("Address already in use", "pre-existing shared memory block")
"""Messages of a start that is tried again: the port was taken meanwhile, or a killed server's processes are ending."""
SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "unix_socket_permissions": "0700",
    "scram_iterations": "1",  # passwords are random: more rounds protect nothing and cost 14 ms of each login
}


@dataclass(frozen=True)
class Embedded:
    """Running server that this process uses until `stop` or its own end."""

    site: Site
    host: str
    port: int
    users: IO[str]

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str = "") -> str:
        """Return a postgresql:// URL for asyncpg, SQLAlchemy and psql; the superuser's password is filled in."""
        if user == SUPERUSER and not password:
            password = self.site.beside("password").read_text()
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        if self.host.startswith("/"):
            return f"postgresql://{login}@/{quote(database)}?host={quote(self.host, safe='')}&port={self.port}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database)}"

    def stop(self, *, keep: bool = True) -> None:
        """Stop using the server; its last user stops it, and deletes its data unless `keep` is set.

        A second call does nothing.
        """
        if self.users.closed:
            return
        with signals_held(), alone(self.site.beside("lock")), self.users:
            if sole(self.users):
                _stop_server(self.site)
                if not keep:
                    _delete(self.site)
        _joined.discard(self)


_joined: set[Embedded] = set()


@atexit.register
def _stop_all() -> None:
    """Stop using every server at the end of a process that did not call `stop`, after an error for example."""
    for server in tuple(_joined):
        server.stop()


def start(data_dir: Path, settings: Mapping[str, str] | None = None) -> Embedded:
    """Return the server whose data are in `data_dir`, created and started when needed.

    `settings` are server parameters beside SETTINGS (`{"fsync": "off"}` for data that may be lost); a running
    server keeps the settings it was started with. Raises PostgresError.
    """
    try:
        site = site_of(data_dir)
        with alone(site.beside("lock")):
            _initialise(site)
            with signals_held():
                return _join(site, SETTINGS | dict(settings or {}))
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresError(f"PostgreSQL cannot start in {data_dir}: {error}") from error


def _join(site: Site, settings: Mapping[str, str]) -> Embedded:
    """Become one of the server's users; the first one starts it with `settings`."""
    users = open_private(site.beside("users"))
    try:
        if sole(users) or not _answers(site):
            _stop_server(site)
            _start_server(site, settings)
        share(users)
        host, port = _address(site)
    except BaseException:
        users.close()
        raise
    server = Embedded(site, host, port, users)
    _joined.add(server)
    return server


def _initialise(site: Site) -> None:
    """Create the data directory, unless there is one. It appears whole or not at all."""
    if (site.home / "PG_VERSION").exists():
        found = (site.home / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise PostgresError(f"{site.home} holds data of PostgreSQL {found}, this is {MAJOR}: move it away")
        return
    fresh, password = site.beside("new"), site.beside("password")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    with open_private(password) as file:
        file.truncate()
        file.write(secrets.token_urlsafe(32))
    for path in (fresh, password):
        os.chown(path, site.uid, site.gid)
    made = site.run(
        "initdb", "--pgdata=.", f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256",
        "--no-sync", "--set=scram_iterations=1", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        cwd=fresh,
    )  # fmt: skip
    if made.returncode:
        raise PostgresError(f"initdb failed: {made.stderr.strip().splitlines()[-1]}")
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write("include 'tenghuan.conf'\n")
    fresh.rename(site.home)


def _start_server(site: Site, settings: Mapping[str, str]) -> None:
    log = site.home / "log"
    for attempt in range(ATTEMPTS):
        _configure(site, settings)
        log.unlink(missing_ok=True)
        if site.run("pg_ctl", "start", "--wait", "--silent", "--pgdata=.", "--log=log").returncode == 0:
            return
        log_text = log.read_text(errors="replace") if log.exists() else ""
        if not any(message in log_text for message in TRANSIENT):
            break
        time.sleep(0.2 * attempt)
    why = " / ".join(line.split("] ", 1)[-1] for line in log_text.splitlines()[-3:]) or "it left no log"
    raise PostgresError(f"PostgreSQL does not start in {site.home}: {why}")


def _configure(site: Site, settings: Mapping[str, str]) -> None:
    """Write the settings file: a socket in the private data directory, or loopback where the path is too long."""
    if len(bytes(site.home / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
        doubled = str(site.home).replace('"', '""')
        listening = {"listen_addresses": "", "unix_socket_directories": f'"{doubled}"', "port": "5432"}
    else:
        listening = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(free_port())}
    lines = [
        "{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in (dict(settings) | listening).items()
    ]
    conf = site.home / "tenghuan.conf"
    conf.write_text("".join(lines))
    os.chown(conf, site.uid, site.gid)


def _address(site: Site) -> tuple[str, int]:
    """Return host and port from the file that a running server keeps."""
    lines = (site.home / "postmaster.pid").read_text().splitlines()
    return lines[4] or "127.0.0.1", int(lines[3])


def _answers(site: Site) -> bool:
    try:
        host, port = _address(site)
    except (FileNotFoundError, IndexError, ValueError):
        return False
    return site.run("pg_isready", f"--host={host}", f"--port={port}", "--timeout=30").returncode in (0, 1)


def _stop_server(site: Site) -> None:
    """Stop the server if it runs. The pid that a dead server left may be another process's."""
    if _answers(site):
        stopped = site.run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast", "--pgdata=.")
        if stopped.returncode:
            raise PostgresError(f"PostgreSQL in {site.home} does not stop: {stopped.stderr.strip()}")
    for stale in (site.home / "postmaster.pid", *site.home.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def _delete(site: Site) -> None:
    for directory in (site.home, site.beside("new")):
        shutil.rmtree(directory, ignore_errors=True)
    for suffix in ("password", "users", "lock"):
        site.beside(suffix).unlink(missing_ok=True)
    if site.home.is_relative_to(ROOTS_STATE):
        site.home.parent.rmdir()


def remove(data_dir: Path) -> None:
    """Delete a server's data. Raises PostgresError while a process uses it."""
    site = site_of(data_dir)
    with alone(site.beside("lock")), open_private(site.beside("users")) as users:
        if not sole(users):
            raise PostgresError(f"{data_dir} is in use: stop `make run` first")
        _stop_server(site)
        _delete(site)
    if data_dir.is_symlink():
        data_dir.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "remove":
        sys.exit("usage: python -m deploy.local.postgres remove DIRECTORY")
    try:
        remove(Path(sys.argv[2]))
    except PostgresError as problem:
        sys.exit(str(problem))
