"""Supervisor of service processes: starts, watches, restarts and stops them.

The processes end with the supervisor, even when it is killed (deploy/local/parent_watch.py).
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr
from pydantic_core import to_json

from deploy.local.ports import free_port
from services import SERVICES
from shared.settings import ROOT, Settings

START_SECONDS = 120.0
STOP_SECONDS = 5.0
"""Seconds from SIGTERM to SIGKILL."""
EARLY_SECONDS = 5.0
_RESTART_BACKOFF = (0.0, 0.2, 0.5, 1.0)
"""Seconds before each restart of a process that keeps ending soon after its start, while its database is away say."""
LINES_SHOWN = 15
_SECRET = re.compile(r"TENGHUAN_\w*(PASSWORDS?|DATABASE_URLS?)")


class StartFailed(RuntimeError):
    """A process ended or did not become ready in time; the message includes the end of its log."""


@dataclass(frozen=True)
class Program:
    """Command line, address and environment of a process: `python -m module arguments…`."""

    name: str
    arguments: tuple[str, ...]
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = "deploy.serve"


def service_program(
    service: str, settings: Settings, *, replica: int = 0, module: str = "deploy.serve", **more: str
) -> Program:
    """Return the program of a service on a port of its own; `more` are environment variables."""
    port = free_port(settings.host) if settings.port == 0 or replica else settings.port + 1 + SERVICES.index(service)
    own = {"TENGHUAN_PORT": str(port - 1 - SERVICES.index(service)), "TENGHUAN_INSTANCE": str(replica)}
    if settings.metrics_port:
        own["TENGHUAN_METRICS_PORT"] = str(0 if replica else settings.metrics_port + SERVICES.index(service))
    name = f"{service}-{replica}" if replica else service
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    named = environment(settings.of_service(service))
    return Program(name, (service,), f"http://{host}:{port}", named | own | more, module)


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings that were set explicitly, as environment variables."""
    named = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
    return {f"TENGHUAN_{name.upper()}": _as_text(value) for name, value in named.items() if value is not None}


def without_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables but for addresses of databases and passwords: a process is given those of its own roles."""
    return {name: value for name, value in variables.items() if not _SECRET.fullmatch(name.upper())}


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        value = {key: _as_text(each) if isinstance(each, SecretStr) else each for key, each in value.items()}
    if isinstance(value, Path):
        return str(value.absolute())
    return value if isinstance(value, str) else to_json(value).decode()


class Processes:
    """Running programs by name. One that ends without a request is restarted and reported through `say`.

    `at_start` returns more arguments for each start, such as the present time of the story's clock.
    Output goes to `<folder>/<name>.log`.
    """

    def __init__(
        self,
        programs: Iterable[Program],
        folder: Path,
        *,
        say: Callable[[str], object] = print,
        at_start: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.programs = {program.name: program for program in programs}
        self.folder, self._say, self._at_start = folder, say, at_start
        self.starts: dict[str, int] = {}
        """Number of starts by name."""
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._supervisors: dict[str, asyncio.Task[None]] = {}
        self._stop_requested: set[str] = set()
        self._fresh = set(self.programs)
        """Names that have never been ready; one of them that ends is not restarted."""
        self._never_served: set[str] = set()
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)

    async def __aenter__(self) -> Self:
        """Start all and wait until they are ready. Raises StartFailed after stopping all."""
        try:
            for name in self.programs:
                await self.start(name)
            await self.ready()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.stop()
        await self._client.aclose()

    async def add(self, program: Program) -> None:
        """Start one more program, a replica for example, and wait until it is ready. Raises StartFailed."""
        self.programs[program.name] = program
        self._fresh.add(program.name)
        await self.start(program.name)
        await self.ready(program.name)

    async def start(self, name: str) -> None:
        """Start a program that is not running, and supervise it."""
        self._stop_requested.discard(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        if name not in self.starts:
            self.log(name).unlink(missing_ok=True)
        spawned = asyncio.create_task(self._spawn(name))
        try:
            await asyncio.shield(spawned)
        finally:
            await spawned  # a cancelled start may have made a process, which `stop` must know
            self._supervisors[name] = asyncio.create_task(self._supervise(name), name=f"supervise {name}")

    async def ready(self, *names: str, seconds: float = START_SECONDS) -> None:
        """Wait until /readyz of these programs (default: all) answers 200. Raises StartFailed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        waiting = set(names or self.programs)
        while waiting:
            for name in tuple(waiting):
                if await self._answers(name):
                    waiting.discard(name)
                elif name in self._never_served:
                    raise StartFailed(f"{name} ended instead of serving; {self._end_of_log(name)}")
                elif loop.time() > deadline:
                    raise StartFailed(f"{name} is not ready after {seconds:.0f} s; {self._end_of_log(name)}")
            await asyncio.sleep(0.05)

    def running(self) -> list[str]:
        """Return the names of the programs whose process has not ended."""
        return [name for name, process in self._running.items() if process.returncode is None]

    def pid(self, name: str) -> int:
        """Return the process id of a program."""
        return self._running[name].pid

    def log(self, name: str) -> Path:
        """Return the path of a program's log."""
        return self.folder / f"{name}.log"

    def kill(self, name: str, *, stay_down: bool = False) -> None:
        """Send SIGKILL. The program is restarted, unless `stay_down` is set."""
        if stay_down:
            self._stop_requested.add(name)
        self._signal(name, signal.SIGKILL)

    def freeze(self, name: str) -> None:
        """Send SIGSTOP: the process does nothing until `thaw`."""
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Send SIGCONT."""
        self._signal(name, signal.SIGCONT)

    async def stop(self, *names: str) -> float:
        """Stop these programs (default: all): SIGTERM, after STOP_SECONDS SIGKILL. Return the seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        chosen = [name for name in names or tuple(self.programs) if name in self._supervisors]
        for name in chosen:
            self._stop_requested.add(name)
            self._signal(name, signal.SIGTERM)
            self._signal(name, signal.SIGCONT)
        supervisors = [self._supervisors.pop(name) for name in chosen]
        if supervisors:
            _, slow = await asyncio.wait(supervisors, timeout=STOP_SECONDS)
            for name in chosen if slow else ():
                self._signal(name, signal.SIGKILL)
            await asyncio.gather(*supervisors)
        return loop.time() - began

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._running[name]
        if process.returncode is None:
            process.send_signal(number)

    async def _spawn(self, name: str) -> None:
        program = self.programs[name]
        with self.log(name).open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-u", "-m", "deploy.local.parent_watch"),
                *(program.module, *program.arguments, *self._at_start()),
                cwd=ROOT,
                env={**without_secrets(os.environ), **program.environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal goes to every process in front
            )  # fmt: skip
        self.starts[name] = self.starts.get(name, 0) + 1

    async def _supervise(self, name: str) -> None:
        loop, early_exits = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await self._running[name].wait()
            if name in self._stop_requested:
                return
            if code >= 0 and name in self._fresh:
                self._never_served.add(name)
                return
            early_exits = early_exits + 1 if code >= 0 and loop.time() - began < EARLY_SECONDS else 0
            self._say(f"{name} ended unexpectedly ({_ending(code)}) and is restarted; {self.log(name)}")
            await asyncio.sleep(_RESTART_BACKOFF[min(early_exits, len(_RESTART_BACKOFF) - 1)])
            if name in self._stop_requested:
                return
            await self._spawn(name)
            if name in self._stop_requested:
                self._signal(name, signal.SIGKILL)

    async def _answers(self, name: str) -> bool:
        try:
            answer = await self._client.get(f"{self.programs[name].address}/readyz")
        except httpx.TransportError:
            return False
        if answer.status_code == 200:
            self._fresh.discard(name)
        return answer.status_code == 200

    def _end_of_log(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").splitlines()[-LINES_SHOWN:]
        return "\n".join([f"the end of {self.log(name)}:", *lines])


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
