"""The four services in one process, called over ASGI, with a clock that the test sets."""

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from deploy.demo.personas import CITY_PEOPLE, PEOPLE, Persona, Signer, applicant
from deploy.demo.reading import record_read_before
from services import SERVICES, load
from shared.actors import system_actor
from shared.clock import Clock
from shared.events.bus import Message
from shared.events.bus.inprocess import InProcessBus
from shared.load_limits import UNLIMITED
from shared.runtime import Instance, running
from shared.sealing.note import SigningKey
from shared.settings import Settings
from tests import enumeration, reading
from tests.postgres import ROLE_PASSWORDS, Server, TestDatabase

__all__ = ["ROLE_PASSWORDS", "START", "RecordingBus", "World"]
START = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
TOKEN_HOURS = 24 * 4000
WAKE_EVERY = 20
"""Polls of `settle` between two wake-ups of the relays, which wake by themselves for all but rows a test inserts."""
_keys = itertools.count(1)
# One statement reads one snapshot: the effect of an event is committed before its outbox row is deleted.
_UNSETTLED = "SELECT " + " OR ".join(
    f"EXISTS (SELECT FROM {name}.outbox) OR EXISTS (SELECT FROM {name}.event_log WHERE position IS NULL)"
    for name in SERVICES
)


class RecordingBus(InProcessBus):
    """An in-process bus that records what it carries, so that a test can deliver it again."""

    def __init__(self) -> None:
        super().__init__()
        self.carried: list[tuple[str, Sequence[Message]]] = []

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self.carried.append((topic, messages))
        await super().publish(topic, messages)


class TestClock(Clock):
    """A clock that a test sets, and that goes back to the start for the next one."""

    __test__ = False

    def restart(self) -> None:
        self._standing_at = START


class World:
    """The running suite of a test: its services, HTTP clients, clock, bus and database."""

    def __init__(self, settings: Settings, signer: Signer, database: TestDatabase, folder: Path) -> None:
        self.settings, self.signer, self.database, self.folder = settings, signer, database, folder
        self.clock = TestClock(START)
        self.bus = RecordingBus()
        self.instances: dict[str, Instance] = {}
        self.apps: dict[str, FastAPI] = {}
        self.clients: dict[str, httpx.AsyncClient] = {}
        self._readers: dict[str, httpx.AsyncClient] = {}
        self._settings_at_start = settings.model_copy(deep=True)
        self._ended_sessions = 0

    @classmethod
    @asynccontextmanager
    async def running(cls, server: Server, folder: Path) -> AsyncIterator["World"]:
        """Run the four services on a database of their own, with their files in `folder`."""
        signer = Signer()
        async with server.database() as database, AsyncExitStack() as stack:
            settings = server.settings(database.name)
            changed = {
                "jwt_keys": type(settings.jwt_keys)(signer.jwks()),
                "jwt_lifetime_hours": float(TOKEN_HOURS),
                "files_url": (folder / "files").as_uri(),
                "story_clock": True,
                "rates": UNLIMITED,
                "tick_seconds": 3600.0,
                "seal_seconds": 36_000.0,
                "seal_keys": SecretStr("\n".join(SigningKey.new(f"tenghuan/{name}").text() for name in SERVICES)),
                "ledger_verify_seconds": 3600.0,
                "retention_seconds": 36_000.0,
            }
            world = cls(settings.model_copy(update=changed), signer, database, folder)
            for name in SERVICES:
                await world._start(name, stack)
            stack.push_async_callback(world._rest)
            world.attach()
            await world._introduce()
            world._ended_sessions = await database.sessions_ended_by_force()
            yield world

    async def _rest(self) -> None:
        """Finish all deliveries: a service that closed its connections must not be given another event."""
        await asyncio.gather(*(instance.rest() for instance in self.instances.values()))

    def attach(self) -> None:
        """Let the applications, of which there is one a service, serve this world's instances."""
        for name, app in self.apps.items():
            app.state.instance = self.instances[name]
            app.state.population = None  # of what-if: rows of another test may have the same number and versions

    async def reset(self) -> bool:
        """Return to the state after the start, for the next test; return whether that succeeded."""
        if any(each.draining.is_set() or each.relay.stopping for each in self.instances.values()):
            return False
        try:
            await self.settle(3)
        except TimeoutError:
            return False
        if await self.database.sessions_ended_by_force() != self._ended_sessions:
            return False  # a pool may still hold the connection of a backend that was killed
        for name in type(self.settings).model_fields:
            setattr(self.settings, name, getattr(self._settings_at_start, name))
        self._settings_at_start = self.settings.model_copy(deep=True)
        for instance in self.instances.values():
            instance.background.settings.interpretations = self.settings.interpretations
        for client in self.clients.values():
            client.event_hooks = {}
        for instance in self.instances.values():
            instance.revocations.forget()
            instance.sign_ins.forget()
        self.clock.restart()
        self.bus.carried.clear()
        for instance in self.instances.values():
            instance.sealer.forget()
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        (self.folder / "files").mkdir()
        return await self.database.empty() and await self._introduce()

    async def _introduce(self) -> bool:
        """Enter the inspectors in the directory of monitoring, where acts name them."""
        inspectors = [
            (each.subject, each.name, ["inspector"], ["110000"]) for each in CITY_PEOPLE if "inspector" in each.roles
        ]
        await self.database.admin.executemany(
            "INSERT INTO monitoring.person (subject, name, roles, districts) VALUES ($1, $2, $3, $4)", inspectors
        )
        return True

    async def _start(self, name: str, stack: AsyncExitStack) -> None:
        service = load(name)
        instance = await stack.enter_async_context(running(service, self.settings, self.clock, self.bus))
        self.instances[name] = instance
        self.apps[name] = enumeration.app(name)
        transport = httpx.ASGITransport(app=self.apps[name], raise_app_exceptions=False)
        for kept in (self.clients, self._readers):
            client = httpx.AsyncClient(transport=transport, base_url=f"http://{name}.test", timeout=30)
            kept[name] = await stack.enter_async_context(client)

    def token(self, who: str | Persona) -> str:
        persona = PEOPLE[who] if isinstance(who, str) else who
        return self.signer.token(persona, self.settings, self.clock.now(), hours=TOKEN_HOURS)

    def owner(self, uscc: str = "91110000600037341L", name: str = "示例置业有限公司") -> Persona:
        return applicant(uscc, name)

    def signed_in(self, service: str, operation: str) -> dict[str, str]:
        """Return the header of a person whom an operation admits; none where it is open to all."""
        roles = enumeration.roles_of(enumeration.operations(service)[operation])
        if not roles:
            return {}
        able = [self.owner()] if "applicant" in roles else [each for each in PEOPLE.values() if each.roles[0] in roles]
        return {"authorization": f"Bearer {self.token(able[0])}"}

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        who: str | Persona | None,
        body: Any = None,
        *,
        status: int | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send a request as `who`; a POST gets a fresh Idempotency-Key. Write header names with _ for -.

        An act that demands If-Match gets the ETag that `who` reads now; `if_match=""` sends none.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["authorization"] = f"Bearer {self.token(who)}"
            if "if-match" not in sent:
                sent["if-match"] = await self.tag_read(service, method, path, who)
        if not sent.get("if-match", "none"):
            del sent["if-match"]
        if method == "POST":
            sent.setdefault("idempotency-key", f"test-{next(_keys)}")
        json_text = (
            None if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, default=str)
        )
        content = body if isinstance(body, bytes) else json_text and json_text.encode()
        if content is not None:
            sent.setdefault("content-type", "application/json")
        answer = await self.clients[service].request(method, path, content=content, headers=sent)
        assert enumeration.missing_headers(service, answer) == set(), f"{method} {path}: promised, but not sent"
        assert enumeration.careless_headers(answer) == set(), f"{method} {path}: not sent to browsers"
        if status is not None:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def tag_read(self, service: str, method: str, path: str, who: str | Persona) -> str:
        """Return the ETag of the record that an act decides on, as `who` reads it; empty where none is demanded."""
        try:
            route = enumeration.operation_of(service, method, path.partition("?")[0])
        except LookupError:
            return ""
        if not reading.demands_version(route):
            return ""
        headers = {"authorization": f"Bearer {self.token(who)}"}
        answer = await self._readers[service].get(record_read_before(method, path), headers=headers)
        tag: str = answer.headers.get("etag", "")
        return tag

    async def post(self, service: str, path: str, who: str | Persona, body: Any = None, status: int = 200) -> Any:
        answer = await self.call(service, "POST", path, who, body, status=status)
        return answer.json() if answer.content else None

    async def get(self, service: str, path: str, who: str | Persona, status: int = 200) -> Any:
        return (await self.call(service, "GET", path, who, status=status)).json()

    async def settle(self, seconds: float = 60) -> None:
        """Wait until every outbox is empty and every event has its position in the feed."""
        async with asyncio.timeout(seconds):
            for attempt in itertools.count():
                if not await self.database.admin.fetchval(_UNSETTLED):
                    return
                if attempt % WAKE_EVERY == 0:
                    for instance in self.instances.values():
                        instance.relay.wake()
                await asyncio.sleep(0.005)

    async def redeliver_all(self) -> None:
        """Publish every message again that the bus has carried."""
        carried, self.bus.carried = self.bus.carried, []
        for topic, messages in carried:
            await InProcessBus.publish(self.bus, topic, messages)
        await self.settle()

    async def events(self, service: str, *types: str) -> list[dict[str, Any]]:
        """Return the events of the service so far, as an auditor reads them, once each has its position."""
        await self.settle()
        query = "&".join(["limit=1000", *(f"type={name}" for name in types)])
        page = await self.get(service, f"/events?{query}", "auditor-1")
        events: list[dict[str, Any]] = page["events"]
        return events

    async def parked(self) -> dict[str, list[str]]:
        """Return the errors of parked events by service."""
        found = {}
        for name, instance in self.instances.items():
            async with instance.database.session(system_actor("test")) as session:
                found[name] = list((await session.scalars(text("SELECT error FROM parked"))).all())
        return {name: errors for name, errors in found.items() if errors}

    async def snapshot(self) -> dict[str, Any]:
        """Return every row of every table as text, without those of inbox, outbox, idempotency and sealing."""
        return {name: await self._rows(instance) for name, instance in self.instances.items()}

    async def _rows(self, instance: Instance) -> dict[str, list[str]]:
        async with instance.database.session(system_actor("test")) as session:
            tables = await session.scalars(
                text(
                    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() "
                    "AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') "
                    "AND tablename !~ '^seal_|_checkpoint$' "
                    "AND tablename NOT IN ('inbox', 'stream_seen', 'outbox', 'idempotency_key', 'alembic_version') "
                    "ORDER BY 1"
                )
            )
            return {
                table: sorted((await session.scalars(text(f'SELECT t::text FROM "{table}" t'))).all())
                for table in tables.all()
            }
