"""The proxy as the campaign holds it: a process of its own, told what to do through a pipe."""

import asyncio
import json
import sys
from types import TracebackType
from typing import Any, Self

from shared.settings import ROOT


class Proxy:
    """Between the services and the PostgreSQL at `target`, for the length of an `async with` block."""

    port: int

    def __init__(self, target: str) -> None:
        self._target = target
        self._turn = asyncio.Lock()

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
        self.port = (await self._heard())["port"]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def seen(self) -> dict[str, int]:
        """How many connections, commits and cuts there were."""
        return await self._tell()

    async def cut(self, many: int = 1) -> None:
        """Lose the answers to the next COMMITs, and the connections with them."""
        await self._tell(cut=many)

    async def delay(self, seconds: float) -> None:
        """Make every piece late by up to so much; 0 ends it."""
        await self._tell(delay_seconds=seconds)

    async def swallow(self) -> None:
        """Let nothing through, in either direction, until `flow`."""
        await self._tell(flowing=False)

    async def flow(self) -> None:
        await self._tell(flowing=True)

    async def _tell(self, **order: Any) -> dict[str, int]:
        assert self._process.stdin is not None
        async with self._turn:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            return await self._heard()

    async def _heard(self) -> dict[str, int]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the proxy has ended")
        heard: dict[str, int] = json.loads(line)
        return heard
