"""HTTP client of the story: requests as a persona, the clock, waiting for events."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Mapping
from datetime import date, datetime, time
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from deploy.demo.personas import PEOPLE, STORY_BEGINNING, TOKEN_HOURS, Persona, Signer
from deploy.demo.reading import record_read_before
from shared.dates import BEIJING
from shared.settings import Settings

TIMEOUT_SECONDS = 120.0
CLOCK_SETTER = "city-supervisor-1"
"""The persona that sets the clock of the demonstration."""
STALE = 412

T = TypeVar("T")


class Unexpected(Exception):
    """The result of a step differs from the expected."""


async def together(*steps: Coroutine[Any, Any, T]) -> list[T]:
    """Run independent steps at once and return their results; when one fails, cancel the others and raise its error."""
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _with_retry(client: httpx.AsyncClient, method: str, path: str, **sent: Any) -> httpx.Response:
    """Send a request; retry while the service is away or answers 503 (the key makes that safe). Raises Unexpected."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.request(method, path, **sent)
                    if answer.status_code != 503:
                        return answer
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Unexpected(f"{method} {path}: no answer for {TIMEOUT_SECONDS:.0f} s") from None


_EARLIER = "\n数据目录里是早前版本讲的演示，不能接着讲：请先 make clean，或用 TENGHUAN_DATA_DIR 另设目录"


class StoryClient:
    """Client of the four services. Keys are derived from the step, so a retold step is not done twice."""

    def __init__(self, addresses: Mapping[str, str], signer: Signer, settings: Settings) -> None:
        self._signer, self._settings = signer, settings
        self._clients = {
            # Compression only costs time on loopback.
            name: httpx.AsyncClient(base_url=base, timeout=60, trust_env=False, headers={"accept-encoding": "identity"})
            for name, base in addresses.items()
        }
        self._tokens: dict[str, str] = {}
        self.now = STORY_BEGINNING
        self.steps = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    async def move_to(self, day: date) -> None:
        """Set every service's clock to ten in the morning of `day`, where its tick runs. Never sets it back."""
        moment = datetime.combine(day, time(10), BEIJING)
        if moment <= self.now:
            return
        self.now = moment
        sent = {
            "json": {"now": moment.isoformat()},
            "headers": {"authorization": f"Bearer {self.token(CLOCK_SETTER)}"},
        }
        answers = await together(*(_with_retry(client, "PUT", "/clock", **sent) for client in self._clients.values()))
        for answer in answers:
            if answer.status_code != 200:
                raise Unexpected(f"clock: {answer.status_code} {answer.text}")

    def token(self, who: str | Persona) -> str:
        """Return the persona's token, valid for all of the story."""
        persona = PEOPLE[who] if isinstance(who, str) else who
        if persona.subject not in self._tokens:
            self._tokens[persona.subject] = self._signer.token(persona, self._settings, STORY_BEGINNING, TOKEN_HOURS)
        return self._tokens[persona.subject]

    async def ask(
        self,
        service: str,
        method: str,
        path: str,
        who: str | Persona,
        *,
        key: str | None = None,
        body: Any = None,
        content: bytes | None = None,
        expect: int | tuple[int, ...] = (200, 201, 204),
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request. Raises Unexpected when the status is none of `expect`."""
        sent = {"authorization": f"Bearer {self.token(who)}", **(headers or {})}
        if key is not None:
            sent["idempotency-key"] = key
        if body is not None:
            content, sent["content-type"] = json.dumps(body, ensure_ascii=False).encode(), "application/json"
        answer = await _with_retry(self._clients[service], method, path, content=content, headers=sent)
        self.steps += 1
        expected = (expect,) if isinstance(expect, int) else expect
        if answer.status_code not in expected:
            hint = _EARLIER if "idempotency_key_reused" in answer.text else ""
            raise Unexpected(
                f"{method} {path} as {who if isinstance(who, str) else who.subject}: "
                f"{answer.status_code} {answer.text[:600]}{hint}"
            )
        return answer

    async def post(
        self,
        service: str,
        path: str,
        who: str | Persona,
        key: str,
        body: Any = None,
        expect: int | tuple[int, ...] = (200, 201, 204),
    ) -> Any:
        """Send a POST with its key; return the JSON answer."""
        answer = await self.ask(service, "POST", path, who, key=key, body=body, expect=expect)
        return answer.json() if answer.content else None

    async def decide(
        self,
        service: str,
        path: str,
        who: str | Persona,
        key: str,
        body: Any = None,
        expect: int | tuple[int, ...] = (200, 201, 204),
    ) -> Any:
        """Read the record that an act decides on, and send the act for what was read; return the JSON answer.

        A record that an event changed meanwhile is read again. A repetition is answered by its key, whatever the
        record is by then.
        """
        accepted = (expect,) if isinstance(expect, int) else expect
        while True:
            read = await self.ask(service, "GET", record_read_before("POST", path), who, expect=200)
            version = {"if-match": read.headers["etag"]}
            anyhow = (*accepted, STALE)
            answer = await self.ask(service, "POST", path, who, key=key, body=body, expect=anyhow, headers=version)
            if answer.status_code != STALE:
                return answer.json() if answer.content else None

    async def get(self, service: str, path: str, who: str | Persona) -> Any:
        """Read a resource; return the JSON answer."""
        return (await self.ask(service, "GET", path, who, expect=200)).json()

    async def put(self, service: str, path: str, who: str | Persona, key: str, body: Any, version: str) -> Any:
        """Send a PUT for the version read before; a repetition returns the first answer."""
        answer = await self.ask(service, "PUT", path, who, key=key, body=body, headers={"if-match": version})
        return answer.json() if answer.content else None

    async def until(self, service: str, path: str, who: str | Persona, holds: Any, what: str) -> Any:
        """Read until `holds(answer)`, that is until an event has arrived. Raises Unexpected after TIMEOUT_SECONDS."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while True:
                    answer = await self.ask(service, "GET", path, who, expect=(200, 404))
                    if answer.status_code == 200 and holds(answer.json()):
                        return answer.json()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Unexpected(f"waited in vain for {what}") from None
