"""Services as processes of their own: started, watched, started again when they end unasked, stopped together.

They end with the process that started them, even when that one is killed (deploy/local/parent_watch.py).
"""

import asyncio
import os
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
"""What is still running so long after SIGTERM is killed."""
SOON_SECONDS = 5.0
_PAUSES = (0.0, 0.2, 0.5, 1.0)
"""Seconds before one is started again that ends by itself, soon, and once more: while its database is away, say."""
LINES_SHOWN = 15


class StartFailed(RuntimeError):
    """A process ended, or did not answer in time, instead of serving; the message ends with its last words."""


@dataclass(frozen=True)
class Program:
    """One process: `python -m module arguments…` under these settings, serving at `address`."""

    name: str
    arguments: tuple[str, ...]
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = "deploy.serve"


def service_program(
    service: str, settings: Settings, *, replica: int = 0, module: str = "deploy.serve", **more: str
) -> Program:
    """The process of one service under these settings, on a free port of its own; `more` are environment variables."""
    port = free_port(settings.host) if settings.port == 0 or replica else settings.port + 1 + SERVICES.index(service)
    own = {"TENGHUAN_PORT": str(port - 1 - SERVICES.index(service)), "TENGHUAN_INSTANCE": str(replica)}
    if settings.metrics_port:
        own["TENGHUAN_METRICS_PORT"] = str(0 if replica else settings.metrics_port + SERVICES.index(service))
    name = f"{service}-{replica}" if replica else service
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return Program(name, (service,), f"http://{host}:{port}", environment(settings) | own | more, module)


def environment(settings: Settings) -> dict[str, str]:
    """The settings that differ from their defaults, as environment variables."""
    named = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
    return {f"TENGHUAN_{name.upper()}": _written(value) for name, value in named.items() if value is not None}


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return value if isinstance(value, str) else to_json(value).decode()


class Processes:
    """Running programs by name. One that ends unasked is started again; `say` hears of it.

    `at_start` gives arguments for each start anew, such as the moment at which a story's clock stands by then.
    What they print goes to `<folder>/<name>.log`.
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
        """How often each was started."""
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()
        self._fresh = set(self.programs)
        """Those that have never been ready: one that ends by itself then is not started again."""
        self._never_served: set[str] = set()
        self._client = httpx.AsyncClient(timeout=5, trust_env=False)

    async def __aenter__(self) -> Self:
        """Start all and wait until they are ready. Raises StartFailed, with nothing left running."""
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
        """One more, a replica say: started, and ready when this returns."""
        self.programs[program.name] = program
        self._fresh.add(program.name)
        await self.start(program.name)
        await self.ready(program.name)

    async def start(self, name: str) -> None:
        """Start one that is not running, and keep it running."""
        self._asked.discard(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        if name not in self.starts:
            self.log(name).unlink(missing_ok=True)
        spawned = asyncio.create_task(self._spawn(name))
        try:
            await asyncio.shield(spawned)
        finally:
            await spawned  # a start that is cancelled half-way leaves a process that `stop` must know of
            self._keepers[name] = asyncio.create_task(self._keep(name), name=f"keep {name}")

    async def ready(self, *names: str, seconds: float = START_SECONDS) -> None:
        """Return when /readyz of these (of all) has answered 200. Raises StartFailed."""
        loop = asyncio.get_running_loop()
        patience_ends = loop.time() + seconds
        waiting = set(names or self.programs)
        while waiting:
            for name in tuple(waiting):
                if await self._answers(name):
                    waiting.discard(name)
                elif name in self._never_served:
                    raise StartFailed(f"{name} ended instead of serving; {self._last_words(name)}")
                elif loop.time() > patience_ends:
                    raise StartFailed(f"{name} is not ready after {seconds:.0f} s; {self._last_words(name)}")
            await asyncio.sleep(0.05)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def kill(self, name: str, *, stay_down: bool = False) -> None:
        """SIGKILL. It is started again, unless it shall stay down until `start`."""
        if stay_down:
            self._asked.add(name)
        self._signal(name, signal.SIGKILL)

    def freeze(self, name: str) -> None:
        """SIGSTOP: it lives and does nothing until `thaw`."""
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    async def stop(self, *names: str) -> float:
        """Stop these (all): SIGTERM, after STOP_SECONDS SIGKILL. Returns how many seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        chosen = [name for name in names or tuple(self.programs) if name in self._keepers]
        for name in chosen:
            self._asked.add(name)
            self._signal(name, signal.SIGTERM)
            self._signal(name, signal.SIGCONT)
        keepers = [self._keepers.pop(name) for name in chosen]
        if keepers:
            _, slow = await asyncio.wait(keepers, timeout=STOP_SECONDS)
            for name in chosen if slow else ():
                self._signal(name, signal.SIGKILL)
            await asyncio.gather(*keepers)
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
                env={**os.environ, **program.environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal goes to every process in front
            )  # fmt: skip
        self.starts[name] = self.starts.get(name, 0) + 1

    async def _keep(self, name: str) -> None:
        loop, in_vain = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await self._running[name].wait()
            if name in self._asked:
                return
            if code >= 0 and name in self._fresh:
                self._never_served.add(name)
                return
            in_vain = in_vain + 1 if code >= 0 and loop.time() - began < SOON_SECONDS else 0
            self._say(f"{name} ended unasked ({_how(code)}) and is started again; {self.log(name)}")
            await asyncio.sleep(_PAUSES[min(in_vain, len(_PAUSES) - 1)])
            if name in self._asked:
                return
            await self._spawn(name)
            if name in self._asked:
                self._signal(name, signal.SIGKILL)

    async def _answers(self, name: str) -> bool:
        try:
            answer = await self._client.get(f"{self.programs[name].address}/readyz")
        except httpx.TransportError:
            return False
        if answer.status_code == 200:
            self._fresh.discard(name)
        return answer.status_code == 200

    def _last_words(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").splitlines()[-LINES_SHOWN:]
        return "\n".join([f"the end of {self.log(name)}:", *lines])


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
