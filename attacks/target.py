"""The suite under attack with the story in it, on loopback and in a folder of its own; and what an attacker has."""

import asyncio
import io
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from rich.console import Console

from deploy.demo.personas import PEOPLE, STORY_BEGINNING, TOKEN_HOURS, Persona, Signer, applicant
from deploy.demo.run import Arguments, story_settings
from deploy.demo.story.chapters import tell
from deploy.demo.story.client import StoryClient
from deploy.local import postgres
from deploy.local.listeners import address, bind_all
from deploy.local.servers import apps_of, served, suite
from deploy.local.settings import settings_of
from services import load_all
from shared.clock import Clock
from shared.events.bus.inprocess import InProcessBus
from shared.runtime import Instance
from shared.settings import Settings
from shared.storage.migrate import upgrade

REQUEST_SECONDS = 30.0


class Succeeded(Exception):
    """An attack succeeded; the message says what it achieved."""


@dataclass
class Target:
    """A served suite. An attacker may have an account, a stolen login of a role, or the administrator's access."""

    settings: Settings
    signer: Signer
    addresses: Mapping[str, str]
    instances: Mapping[str, Instance]
    clients: Mapping[str, httpx.AsyncClient]
    cases: Mapping[str, Mapping[str, Any]]
    """The story's declarations, by project name."""
    _numbers: Iterator[int]

    def token(self, who: str | Persona) -> str:
        """Return a valid token of a persona."""
        persona = PEOPLE[who] if isinstance(who, str) else who
        return self.signer.token(persona, self.settings, STORY_BEGINNING, TOKEN_HOURS)

    def owner_of(self, case: Mapping[str, Any]) -> Persona:
        """Return the person who filed a case."""
        return applicant(case["applicant_uscc"], case["applicant_name"])

    async def ask(
        self, service: str, method: str, path: str, who: str | Persona | None = None, **sent: Any
    ) -> httpx.Response:
        """Send one request as a persona, or without a token; a POST has a fresh key unless it brings one."""
        headers = {"authorization": f"Bearer {self.token(who)}"} if who is not None else {}
        if method == "POST":
            headers["idempotency-key"] = f"attack-{next(self._numbers)}"
        return await self.clients[service].request(method, path, headers=headers | sent.pop("headers", {}), **sent)

    async def refused(
        self, status: int, service: str, method: str, path: str, who: str | Persona | None = None, **sent: Any
    ) -> httpx.Response:
        """Send a request that must be refused with this status. Raises Succeeded for any other answer."""
        answer = await self.ask(service, method, path, who, **sent)
        if answer.status_code != status:
            raise Succeeded(f"{method} {path}: {answer.status_code} instead of {status}: {answer.text[:300]}")
        return answer

    async def tag(self, service: str, path: str, who: str | Persona) -> dict[str, str]:
        """Return the header that states the version which somebody reads now."""
        return {"if-match": (await self.ask(service, "GET", path, who)).headers["etag"]}

    async def settled(self) -> None:
        """Wait until every event was delivered."""
        async with self.administrator() as admin, asyncio.timeout(REQUEST_SECONDS):
            while any([await admin.fetchval(f"SELECT count(*) FROM {name}.outbox") for name in self.clients]):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def login(self, kind: str, service: str) -> AsyncIterator[asyncpg.Connection]:
        """Yield a connection under the stolen login of a database role."""
        url = self.settings.service_url(service, kind).set(drivername="postgresql")
        connection = await asyncpg.connect(
            url.render_as_string(hide_password=False), server_settings={"search_path": service}
        )
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def administrator(self) -> AsyncIterator[asyncpg.Connection]:
        """Yield a connection of the database's administrator on which no trigger fires. What it does stays done."""
        connection = await asyncpg.connect(self.settings.database_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            yield connection
        finally:
            await connection.close()


@contextmanager
def _database(folder: Path) -> Iterator[Settings]:
    server = postgres.start(folder / "postgres", {"fsync": "off", "synchronous_commit": "off"})
    try:
        yield settings_of(Settings(data_dir=folder, files_url=(folder / "files").as_uri()), server)
    finally:
        server.stop(keep=False)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def running_target(folder: Path) -> AsyncIterator[Target]:
    """Yield a suite in an empty folder after its story was told; the folder is removed at the end."""
    signer = Signer()
    async with AsyncExitStack() as stack:
        given = stack.enter_context(_database(folder))
        settings = story_settings(given, signer, Arguments(once=True, port=0, began=0))
        await upgrade(settings, load_all())
        listeners = bind_all("127.0.0.1", 0)
        addresses = {name: address(listener) for name, listener in listeners.items()}
        instances = await stack.enter_async_context(suite(settings, Clock(), InProcessBus()))
        await stack.enter_async_context(served(apps_of(instances), listeners))
        cases = await _told(StoryClient(addresses, signer, settings))
        clients = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=base, timeout=REQUEST_SECONDS, trust_env=False)
            )
            for name, base in addresses.items()
        }
        yield Target(settings, signer, addresses, instances, clients, cases, itertools.count())


async def _told(client: StoryClient) -> dict[str, Mapping[str, Any]]:
    """Tell the story and return its declarations. Raises RuntimeError if it goes wrong."""
    async with client:
        outcome = await tell(client, Console(file=io.StringIO()))
        if outcome.faults:
            raise RuntimeError(f"the story went wrong: {outcome.faults[0]}")
        listed = await client.get("intake", "/v1/declarations?limit=200", "city-officer-1")
    return {each["project_name"]: each for each in listed["items"]}
