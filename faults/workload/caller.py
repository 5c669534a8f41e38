"""Sending commands until they are answered: the same key for every attempt, and some commands on purpose twice."""

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
from faults.workload.answers import CREATES, READS
from faults.workload.log import MARK, Command, CommandLog, Resend
from faults.workload.plan import Plan, Suite
from shared.clock import Clock

OTHER_BODY = {"another": "body"}
OTHER_FILE = b"%PDF-1.7\n% another file, of another length than any that was sent before under this key\n"


@dataclass(frozen=True)
class Request:
    """What goes over the wire. `key` is None for a question, which may be asked any number of times."""

    service: str
    method: str
    path: str
    who: str | Persona
    key: str | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        return self.content is not None and "content-type" not in self.headers


@dataclass
class Traffic:
    """How much went over the wire."""

    requests: int = 0
    unanswered: int = 0
    broken: list[str] = field(default_factory=list)
    """Answers 500: mistakes of the suite, whatever the fault."""


class Caller:
    """Somebody at a computer who does not give up before `give_up_at`."""

    def __init__(self, suite: Suite, plan: Plan, seed: int, log: CommandLog) -> None:
        self.suite, self.plan, self.log = suite, plan, log
        self.traffic = Traffic()
        self.give_up_at = float("inf")
        self._chance = random.Random(f"{seed}/resends")
        self._tokens: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        patience = httpx.Timeout(self.plan.attempt_seconds, connect=2.0)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        for name, base in self.suite.addresses.items():
            client = httpx.AsyncClient(base_url=base, timeout=patience, limits=limits, trust_env=False)
            self._clients[name] = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.give_up_at = _NEVER  # for what is still under way where the load was given up
        await self._stack.aclose()

    async def act(
        self,
        service: str,
        act: str,
        path: str,
        who: str | Persona,
        case: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        said: Mapping[str, Any] | None = None,
        contested: bool = False,
    ) -> Command:
        """Do one act of a case; returns when it is answered, accepted or refused, or when nobody waits any longer.

        `content` is a body that is ready to send; JSON unless the act takes a file. `said` is what the model needs of
        the request. A `contested` act may be refused now and accepted a moment later under the same key, so it is not
        sent twice at once.
        """
        sent = dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
        if content is not None and act != "upload_material":
            sent["content-type"] = "application/json"
        command = self.begin(service, act, case, self._subject(who), said or {})
        await self._do(command, Request(service, method, path, who, command.key, content, sent), contested)
        return command

    async def _do(self, command: Command, request: Request, contested: bool) -> None:
        """Send it until it is answered, and note that; now and then send it twice."""
        again = self._drawn(contested)
        twin = again == "twin" and asyncio.create_task(self._send_until_answered(request, command))
        first = await self._send_until_answered(request, command)
        self._note(command, [first, await twin] if twin else [first])
        if again in ("same", "other") and command.accepted:
            await self._resend(command, request, again)

    def begin(self, service: str, act: str, case: str, actor: str, said: Mapping[str, Any]) -> Command:
        """A command that is about to be sent."""
        number = len(self.log.commands) + 1
        command = Command(number, service, act, case, actor, f"{MARK}{number}", dict(said), 0.0)
        self.log.begin(command)
        return command

    def _drawn(self, contested: bool) -> str:
        """Whether and how a command is sent twice: at once (twin), once more after its answer, or with another body."""
        if self._chance.random() >= self.plan.resent_share:
            return ""
        drawn = self._chance.choice(("other", "other", "same", "twin"))
        return "same" if drawn == "twin" and contested else drawn

    def _note(self, command: Command, answers: list[httpx.Response | None]) -> None:
        given = sorted(filter(None, answers), key=lambda answer: answer.status_code)
        if given:
            answer = given[0]
            command.ended = time.monotonic()
            command.status, command.code = answer.status_code, code_of(answer)
            command.replayed = "idempotency-replayed" in answer.headers
            command.digest = digest(answer.content)
            if command.accepted and command.act in READS:
                command.answer = READS[command.act](answer.json())
                command.case = command.answer if command.act in CREATES else command.case
        for other in given[1:] if command.accepted else []:
            self.log.resent(_resend(command, "same", other, twin=given[0]))
        self.log.end(command)

    async def _resend(self, command: Command, request: Request, kind: str) -> None:
        if kind == "other":
            other = OTHER_FILE if request.is_file else json.dumps(OTHER_BODY).encode()
            headers = request.headers if request.is_file else {**request.headers, "content-type": "application/json"}
            request = replace(request, content=other, headers=headers)
        answer = await self._send_until_answered(request, None)
        if answer is not None:
            self.log.resent(_resend(command, kind, answer))

    async def ask(self, service: str, path: str, who: str | Persona) -> httpx.Response | None:
        """A question; None once nobody waits any longer."""
        return await self._send_until_answered(Request(service, "GET", path, who), None)

    async def tell(self, service: str, path: str, who: str | Persona, body: Any) -> Any:
        """A preparation that is no part of the load: done once, and its answer."""
        key = f"prepare-{path}-{digest(json.dumps(body).encode())}"
        request = Request(service, "POST", path, who, key, json.dumps(body).encode(), _JSON)
        answer = await self._send_until_answered(request, None)
        if answer is None or answer.status_code >= 300:
            raise RuntimeError(f"{path}: {answer and answer.text}")
        return answer.json()

    async def _send_until_answered(self, request: Request, command: Command | None) -> httpx.Response | None:
        pause = 0.05
        if command is not None and command.started == 0.0:
            command.started = time.monotonic()
        while True:
            answer = await self._send(request)
            if command is not None:
                command.attempts += 1
            if answer is not None:
                return answer
            if time.monotonic() > self.give_up_at:
                return None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 2.0)

    async def _send(self, request: Request) -> httpx.Response | None:
        """One attempt; None when it was not answered, or when the answer is to come again later."""
        if self.give_up_at == _NEVER:
            return None
        headers = {**request.headers, "authorization": self._sign(request.who)}
        if request.key is not None:
            headers["idempotency-key"] = request.key
        self.traffic.requests += 1
        try:
            answer = await self._clients[request.service].request(
                request.method, request.path, content=request.content, headers=headers
            )
        except (httpx.TransportError, OSError):
            self.traffic.unanswered += 1
            return None
        if answer.status_code == 500:
            self.traffic.broken.append(f"{request.method} {request.path}: {answer.text[:200]}")
        if answer.status_code == 503 or code_of(answer) == "idempotency_key_in_flight":
            self.traffic.unanswered += 1
            return None
        return answer

    def _subject(self, who: str | Persona) -> str:
        if isinstance(who, Persona):
            return who.subject
        return who if who in PEOPLE else f"key:{who.removeprefix('th_live_').partition('_')[0]}"

    def _sign(self, who: str | Persona) -> str:
        """A person's token, or a system's key as it is."""
        if isinstance(who, str) and who not in PEOPLE:
            return f"Bearer {who}"
        persona = PEOPLE[who] if isinstance(who, str) else who
        if persona.subject not in self._tokens:
            now = Clock().now().astimezone(UTC)
            self._tokens[persona.subject] = self.suite.signer.token(persona, self.suite.settings, _minute(now))
        return f"Bearer {self._tokens[persona.subject]}"


_NEVER = float("-inf")
_JSON = {"content-type": "application/json"}


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _resend(command: Command, kind: str, answer: httpx.Response, twin: httpx.Response | None = None) -> Resend:
    replayed = "idempotency-replayed" in answer.headers
    if twin is not None:
        replayed = replayed or "idempotency-replayed" in twin.headers
    return Resend(command.number, kind, answer.status_code, code_of(answer), replayed, digest(answer.content))


def code_of(answer: httpx.Response) -> str:
    """The stable code of a refusal; empty for anything else."""
    if answer.status_code < 400:
        return ""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return f"http_{answer.status_code}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
