"""Handle on the proxy process, controlled through a pipe."""

import asyncio
import json
import sys
from types import TracebackType
from typing import Any, Self

from shared.settings import ROOT


class Proxy:
    """Proxy between the services and the PostgreSQL at `target`, during an `async with` block."""

    port: int

    def __init__(self, target: str) -> None:
        self._target = target
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "faults.proxy",
            self._target,
            stdin=pipe,
            stdout=pipe,
            cwd=ROOT,
            start_new_session=True,
        )
        self.port = (await self._answer())["port"]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def counters(self) -> dict[str, int]:
        """Return the counters: connections, commits, cuts."""
        return await self._command()

    async def cut_after_commit(self, count: int = 1) -> None:
        """Drop the answers to the next COMMITs, and their connections."""
        await self._command(cut=count)

    async def set_delay(self, seconds: float) -> None:
        """Delay every chunk by up to `seconds`; 0 ends the delay."""
        await self._command(delay_seconds=seconds)

    async def block(self) -> None:
        """Hold all data in both directions until `unblock`."""
        await self._command(flowing=False)

    async def unblock(self) -> None:
        await self._command(flowing=True)

    async def _command(self, **changes: Any) -> dict[str, int]:
        assert self._process.stdin is not None
        async with self._lock:
            self._process.stdin.write(json.dumps(changes).encode() + b"\n")
            return await self._answer()

    async def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the proxy has ended")
        answer: dict[str, int] = json.loads(line)
        return answer
