"""Volume: many callers, one call at a time. While one call runs the next batch gathers, so no timer is needed."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import asyncpg

from services.funding.ledger.posting import columns
from services.funding.ledger.postings import Code, Transfer

MOST = 500
CALL = "SELECT funding_ledger.post_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a killed connection looks like; InternalClientError is asyncpg's own confusion after one."""
AGAIN = (*LOST, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)
"""Worth one more try: nothing was written, or the same ids find what was. UniqueViolation: two sessions, one id, and
other accounts, so that no common lock kept them apart; the second try sees the conflict."""

Waiting = tuple[list[Transfer], asyncio.Future[list[Code]]]


class Batcher:
    """Posts transfers of many tasks through one connection; use as `async with Batcher(connect, clock.now) as batcher`.

    `connect` opens an asyncpg connection under the service's role; `now` is the clock's.
    """

    def __init__(
        self, connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]], now: Callable[[], datetime]
    ) -> None:
        self._connect = connect
        self._now = now
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._waiting: deque[Waiting] = deque()
        self._work = asyncio.Event()
        self._closing = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what was handed in, then close."""
        self._closing = True
        self._work.set()
        await self._task
        if self._connection is not None:
            await self._connection.close()

    async def post(self, *transfers: Transfer) -> list[Code]:
        """Post the transfers as one chain, all or none, and say what became of each.

        Raises what the database raised when the connection was lost twice; the transfers may then stand or not, and are
        safe to send again under the same ids. Raises ValueError for more than 500 at once.
        """
        if not 0 < len(transfers) <= MOST:
            raise ValueError(f"a chain has 1 to {MOST} transfers")
        if self._closing:
            raise RuntimeError("the batcher is closed")
        chain = list(transfers)
        if len(chain) > 1 or chain[0].linked:
            chain = [replace(link, linked=link is not transfers[-1]) for link in transfers]
        answer: asyncio.Future[list[Code]] = asyncio.get_running_loop().create_future()
        self._waiting.append((chain, answer))
        self._work.set()
        return await answer

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            while self._waiting:
                await self._send(self._gather())
            self._work.clear()
            if self._closing:
                return

    def _gather(self) -> list[Waiting]:
        batch: list[Waiting] = []
        size = 0
        while self._waiting and size + len(self._waiting[0][0]) <= MOST:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        return batch

    async def _send(self, batch: list[Waiting]) -> None:
        transfers = [transfer for chain, _ in batch for transfer in chain]
        try:
            codes = await self._call(transfers)
        except Exception as error:  # whatever it was, the callers wait for an answer
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        position = 0
        for chain, answer in batch:
            if not answer.done():
                answer.set_result(codes[position : position + len(chain)])
            position += len(chain)

    async def _call(self, transfers: list[Transfer]) -> list[Code]:
        try:
            return await self._call_once(transfers)
        except AGAIN:
            return await self._call_once(transfers)

    async def _call_once(self, transfers: list[Transfer]) -> list[Code]:
        if self._connection is None:
            self._connection = await self._connect()
        try:
            codes = await self._connection.fetchval(CALL, *columns(transfers), self._now())
        except LOST:
            self._connection.terminate()
            self._connection = None
            raise
        return [Code(code) for code in codes]
