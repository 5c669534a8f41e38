"""Client that sends each command until it is answered, every attempt with the same key, and some commands twice."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from deploy.demo.personas import PEOPLE, Persona
from deploy.demo.reading import record_read_before
from faults.workload.answers import ANSWER_READERS, CREATING_ACTS, DECIDING_ACTS
from faults.workload.log import KEY_PREFIX, Command, CommandLog, Resend
from faults.workload.profile import Endpoints, LoadProfile
from shared.clock import Clock

OTHER_BODY = {"another": "body"}
OTHER_FILE = b"%PDF-1.7\n% another file, of another length than any that was sent before under this key\n"


@dataclass(frozen=True)
class Request:
    """An HTTP request. `key` is None for a read, which may be repeated freely.

    With `for_version`, each attempt reads the record first and names its version.
    """

    service: str
    method: str
    path: str
    actor: str | Persona
    key: str | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    for_version: bool = False

    @property
    def is_file(self) -> bool:
        return self.content is not None and "content-type" not in self.headers


@dataclass
class Traffic:
    """Counters of HTTP traffic."""

    requests: int = 0
    unanswered: int = 0
    server_errors: list[str] = field(default_factory=list)
    """Answers with status 500: errors of the suite under any fault."""


class Client:
    """Client for all services; retries until `give_up_at`."""

    def __init__(self, endpoints: Endpoints, profile: LoadProfile, seed: int, log: CommandLog) -> None:
        self.endpoints, self.profile, self.log = endpoints, profile, log
        self.traffic = Traffic()
        self.give_up_at = float("inf")
        self._rng = random.Random(f"{seed}/resends")
        self._tokens: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._http: dict[str, httpx.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        timeout = httpx.Timeout(self.profile.attempt_seconds, connect=2.0)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        for name, base in self.endpoints.addresses.items():
            http = httpx.AsyncClient(base_url=base, timeout=timeout, limits=limits, trust_env=False)
            self._http[name] = await self._stack.enter_async_context(http)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.give_up_at = _NEVER  # for commands still under way when the load was aborted
        await self._stack.aclose()

    async def act(
        self,
        service: str,
        act: str,
        path: str,
        actor: str | Persona,
        case: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
        contested: bool = False,
    ) -> Command:
        """Send one act of a case; return when it is accepted, refused or given up.

        `content` is a body ready to send; JSON unless the act takes a file. `facts` is what the model needs of the
        request. A `contested` act may be refused now and accepted a moment later under the same key, so it is never
        sent twice at once.
        """
        sent = dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
        if content is not None and act != "upload_material":
            sent["content-type"] = "application/json"
        command = self.begin(service, act, case, self._subject(actor), facts or {})
        request = Request(service, method, path, actor, command.key, content, sent, act in DECIDING_ACTS)
        await self._execute(command, request, contested)
        return command

    async def _execute(self, command: Command, request: Request, contested: bool) -> None:
        """Send a command until it is answered and record the answer; sometimes send it twice."""
        resend_kind = self._resend_kind(contested)
        twin = resend_kind == "twin" and asyncio.create_task(self._send_until_answered(request, command))
        first = await self._send_until_answered(request, command)
        self._record(command, [first, await twin] if twin else [first])
        if resend_kind in ("same", "other") and command.accepted:
            await self._resend(command, request, resend_kind)

    def begin(self, service: str, act: str, case: str, actor: str, facts: Mapping[str, Any]) -> Command:
        """Record a command that is about to be sent, and return it."""
        number = len(self.log.commands) + 1
        command = Command(number, service, act, case, actor, f"{KEY_PREFIX}{number}", dict(facts), 0.0)
        self.log.begin(command)
        return command

    def _resend_kind(self, contested: bool) -> str:
        """Draw how a command is sent again: at once (twin), later (same), with another body (other), or not."""
        if self._rng.random() >= self.profile.resent_share:
            return ""
        kind = self._rng.choice(("other", "other", "same", "twin"))
        return "same" if kind == "twin" and contested else kind

    def _record(self, command: Command, answers: list[httpx.Response | None]) -> None:
        given = sorted(filter(None, answers), key=lambda answer: answer.status_code)
        if given:
            answer = given[0]
            command.ended = time.monotonic()
            command.status, command.code = answer.status_code, code_of(answer)
            command.replayed = "idempotency-replayed" in answer.headers
            command.digest = digest(answer.content)
            if command.accepted and command.act in ANSWER_READERS:
                command.answer = ANSWER_READERS[command.act](answer.json())
                command.case = command.answer if command.act in CREATING_ACTS else command.case
        for other in given[1:] if command.accepted else []:
            self.log.record_resend(_resend(command, "same", other, twin=given[0]))
        self.log.end(command)

    async def _resend(self, command: Command, request: Request, kind: str) -> None:
        if kind == "other":
            other = OTHER_FILE if request.is_file else json.dumps(OTHER_BODY).encode()
            headers = request.headers if request.is_file else {**request.headers, "content-type": "application/json"}
            request = replace(request, content=other, headers=headers)
        answer = await self._send_until_answered(request, None)
        if answer is not None:
            self.log.record_resend(_resend(command, kind, answer))

    async def get(self, service: str, path: str, actor: str | Persona) -> httpx.Response | None:
        """Send a read; return None once it is given up."""
        return await self._send_until_answered(Request(service, "GET", path, actor), None)

    async def prepare(self, service: str, path: str, actor: str | Persona, body: Any) -> Any:
        """Send a preparation outside the load and return its answer."""
        key = f"prepare-{path}-{digest(json.dumps(body).encode())}"
        request = Request(service, "POST", path, actor, key, json.dumps(body).encode(), _JSON)
        answer = await self._send_until_answered(request, None)
        if answer is None or answer.status_code >= 300:
            raise RuntimeError(f"{path}: {answer and answer.text}")
        return answer.json()

    async def _send_until_answered(self, request: Request, command: Command | None) -> httpx.Response | None:
        pause = 0.05
        if command is not None and command.started == 0.0:
            command.started = time.monotonic()
        while True:
            answer = await self._attempt(request)
            if command is not None:
                command.attempts += 1
            if answer is not None:
                return answer
            if time.monotonic() > self.give_up_at:
                return None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 2.0)

    async def _attempt(self, request: Request) -> httpx.Response | None:
        """Send one attempt, for the version read just before if the act asks for one; None when it must be repeated.

        A version that another act overtook is read again: the refused attempt left no trace, so its key is still free.
        """
        if not request.for_version:
            return await self._send(request)
        read = await self._send(Request(request.service, "GET", _record_of(request), request.actor))
        if read is None:
            return None
        version = {"if-match": read.headers["etag"]} if "etag" in read.headers else {}
        answer = await self._send(replace(request, headers={**request.headers, **version}))
        return None if answer is not None and code_of(answer) == "stale" else answer

    async def _send(self, request: Request) -> httpx.Response | None:
        """Send one attempt; return None without an answer, or when the answer asks to retry."""
        if self.give_up_at == _NEVER:
            return None
        headers = {**request.headers, "authorization": self._authorization(request.actor)}
        if request.key is not None:
            headers["idempotency-key"] = request.key
        self.traffic.requests += 1
        try:
            answer = await self._http[request.service].request(
                request.method, request.path, content=request.content, headers=headers
            )
        except (httpx.TransportError, OSError):
            self.traffic.unanswered += 1
            return None
        if answer.status_code == 500:
            self.traffic.server_errors.append(f"{request.method} {request.path}: {answer.text[:200]}")
        if answer.status_code == 503 or code_of(answer) == "idempotency_key_in_flight":
            self.traffic.unanswered += 1
            return None
        return answer

    def _subject(self, actor: str | Persona) -> str:
        if isinstance(actor, Persona):
            return actor.subject
        return actor if actor in PEOPLE else f"key:{actor.removeprefix('th_live_').partition('_')[0]}"

    def _authorization(self, actor: str | Persona) -> str:
        """Return the Authorization header of a person's token or of a system's key."""
        if isinstance(actor, str) and actor not in PEOPLE:
            return f"Bearer {actor}"
        persona = PEOPLE[actor] if isinstance(actor, str) else actor
        if persona.subject not in self._tokens:
            now = Clock().now().astimezone(UTC)
            self._tokens[persona.subject] = self.endpoints.signer.token(persona, self.endpoints.settings, _minute(now))
        return f"Bearer {self._tokens[persona.subject]}"


_NEVER = float("-inf")
_JSON = {"content-type": "application/json"}


def _record_of(request: Request) -> str:
    return record_read_before(request.method, request.path)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _resend(command: Command, kind: str, answer: httpx.Response, twin: httpx.Response | None = None) -> Resend:
    replayed = "idempotency-replayed" in answer.headers
    if twin is not None:
        replayed = replayed or "idempotency-replayed" in twin.headers
    return Resend(command.number, kind, answer.status_code, code_of(answer), replayed, digest(answer.content))


def code_of(answer: httpx.Response) -> str:
    """Return the problem code of a refusal; empty for any other answer."""
    if answer.status_code < 400:
        return ""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return f"http_{answer.status_code}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
