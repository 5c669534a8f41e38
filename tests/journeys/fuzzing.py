"""Fuzzing of requests: each is sent first with one value replaced by an invalid or extreme one, and rolled back."""

import copy
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor
from shared.web.problems import PROBLEM
from tests.world import World

_DEEP = "@deep@"
_DEEP_JSON = "[" * 10_000 + "]" * 10_000
_INVALID_TEXT = ("\x00", "a\x00b", "\ud800")
_INVALID: tuple[Any, ...] = (
    10**400,
    -(2**63) - 1,
    float("inf"),
    float("nan"),
    {"unknown": 1},
    [[[]]],
    _DEEP,
)
_EXTREME: tuple[Any, ...] = (
    *("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2024-02-29"),
    *("999999999999999.99", "999999999.99", "0", "0.000001", "1", 0, -1, 1, 12, 2**31, 2**63 - 1, True, None),
    *("", " ", "\u202e\U0001d54f", "字" * 5000, [], {}),
)
_keys = itertools.count(1)
_in_fuzz: ContextVar[bool] = ContextVar("in_fuzz", default=False)
Step = str | int
SessionOf = Callable[..., AbstractAsyncContextManager[AsyncSession]]


def paths(value: Any, *path: Step) -> Iterator[tuple[Step, ...]]:
    """Yield the path to every value inside a JSON body, the body itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inner:
        yield from paths(child, *path, step)


def replaced(body: Any, path: tuple[Step, ...], value: Any) -> Any:
    """Return the body with another value at the path."""
    if not path:
        return value
    changed = copy.deepcopy(body)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return changed


class Fuzzer:
    """Send variants ahead of the requests of one service and record wrong answers.

    A variant is handled as any request, on the current state of the case, and its transaction is rolled back.
    """

    def __init__(self, world: World, service: str) -> None:
        self.client = world.clients[service]
        self.database = world.instances[service].database
        self.random = Random(20231106)
        self.sent = 0
        self.wrong_answers: list[str] = []

    @contextmanager
    def active(self) -> Iterator[None]:
        """Send the variants of every request ahead of it while the block runs."""
        self.client.event_hooks = {"request": [self._fuzz]}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.database, "session", _rolled_back(self.database.session))
            yield
        self.client.event_hooks = {}

    async def _fuzz(self, request: httpx.Request) -> None:
        if _in_fuzz.get() or "json" not in request.headers.get("content-type", ""):
            return
        body = json.loads(request.content)
        token = _in_fuzz.set(True)
        # A preview answers what is wrong in a figure; its other fields are refused.
        told = range(200, 500) if request.url.path.endswith("/series/preview") else range(400, 500)
        for path in paths(body):
            refused = told if "value" in path else range(400, 500)
            await self._send(request, replaced(body, path, self.random.choice(_INVALID_TEXT)), range(400, 500))
            await self._send(request, replaced(body, path, self.random.choice(_INVALID)), refused)
            await self._send(request, replaced(body, path, self.random.choice(_EXTREME)), range(200, 500))
        _in_fuzz.reset(token)

    async def _send(self, request: httpx.Request, variant: Any, expected: range) -> None:
        headers = dict(request.headers) | {"idempotency-key": f"fuzz-{next(_keys)}"}
        del headers["content-length"]
        body = json.dumps(variant)
        content = body.replace(f'"{_DEEP}"', _DEEP_JSON).encode()
        answer = await self.client.request(request.method, request.url, headers=headers, content=content)
        self.sent += 1
        if answer.status_code not in expected or (answer.is_error and answer.headers["content-type"] != PROBLEM):
            asked = f"{request.method} {request.url} {body[:400]}"
            self.wrong_answers.append(f"{asked} -> {answer.status_code} {answer.text[:300]}")


def _rolled_back(session_of: SessionOf) -> SessionOf:
    @asynccontextmanager
    async def session(actor: Actor, **options: bool) -> AsyncIterator[AsyncSession]:
        async with session_of(actor, **options) as opened:
            yield opened
            if _in_fuzz.get():
                await opened.flush()
                await opened.rollback()
                opened.info.pop("emitted", None)
                opened.info.pop("used_figures", None)

    return session
