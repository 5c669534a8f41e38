"""Services and their running instances."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs, metrics
from shared.actors import Actor, system_actor
from shared.clock import Clock
from shared.contracts.code_lists import CodeLists
from shared.events.bus import CHECKPOINTS, Bus
from shared.events.handlers import Handlers, InboundTopic
from shared.events.inbox import Consumer
from shared.events.inbox_purge import purge
from shared.events.relay import Relay
from shared.events.series import SeriesDuty, store_package
from shared.identity.tokens import TokenReader
from shared.identity.wrong_keys import WrongKeys
from shared.metrics import TableGauge
from shared.rates import RateLimiter
from shared.sealing import exchange
from shared.sealing.declared import Seals
from shared.sealing.runner import Sealer
from shared.settings import Settings
from shared.start_checks import check_settings
from shared.storage.access import Access
from shared.storage.agents import Agents
from shared.storage.api_keys import ApiKeys
from shared.storage.audit import record_scheduled_changes
from shared.storage.file_references import remove_stale_uploads, remove_unreferenced
from shared.storage.files import FileStore, file_store
from shared.storage.papers import Papers
from shared.storage.people import SignIns
from shared.storage.retention import RULES, Rule, erase_due
from shared.storage.revocations import Revocations
from shared.storage.session import Database
from shared.storage.stream_tickets import StreamTickets, forget_old_tickets

log = structlog.get_logger()
_REST_SECONDS = 2.0
"""Time for relay and sealer to finish their batch; later events stay in the outbox."""
_BACKGROUND_POOL = 2
BACKGROUND_CONNECTIONS = 2 * _BACKGROUND_POOL
"""The most connections of a process beside those for requests, the relay's left out."""
Tick = Callable[[AsyncSession], Awaitable[None]]
_TICK_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('tick ' || :service, 7))")


@dataclass(frozen=True)
class Job:
    """Background work of a service, repeated at an interval of its own beside the tick.

    `begin` runs once at the start of an instance; a failure of `run` is logged, and it runs again.
    """

    name: str
    every_seconds: Callable[[Settings], float]
    run: "Callable[[Instance], Awaitable[None]]"
    begin: "Callable[[Instance], None]"


@dataclass(frozen=True)
class Service:
    """A service as its main.py declares it."""

    name: str
    title: str
    metadata: MetaData
    router: APIRouter
    handlers: Handlers = field(default_factory=dict)
    tick: Tick | None = None
    inbound_topics: Mapping[str, InboundTopic] = field(default_factory=dict)
    """Requests from outside that the service reads, by topic."""
    schemas: tuple[str, ...] = ()
    """Database schemas it owns beside the one that carries its name."""
    access: Sequence[Access] = ()
    """Rights of its database roles on its own tables."""
    gauges: tuple[TableGauge, ...] = ()
    """Metrics that it reads from its tables."""
    code_lists: CodeLists = field(default_factory=dict)
    """Codes of the service with Chinese labels, beside those that every service has."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Chinese descriptions of the groups of its endpoints."""
    duties: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Duties that its operations take on a case, by operation."""
    seals: Seals = field(default_factory=Seals)
    """The tables whose rows are sealed."""
    jobs: tuple[Job, ...] = ()
    series: SeriesDuty = field(default_factory=SeriesDuty)
    """Kinds of dated figures that the service owns and reads."""
    retention: tuple[Rule, ...] = ()
    """Rules of erasure by age, beside those of every service."""
    papers: Papers = field(default_factory=Papers)
    """The papers that its records may carry."""
    files_area: str | None = None
    """Area of the file store that holds its files, empty for the whole store; None: the area of its name."""

    def file_store(self, settings: Settings) -> FileStore:
        """Return the store of the service's files."""
        return file_store(settings.file_store_url(self.name if self.files_area is None else self.files_area))

    def read_topics(self) -> Mapping[str, InboundTopic]:
        """Return the topics that the service reads beside events: its own, and the checkpoints of all services."""
        return {**self.inbound_topics, CHECKPOINTS: exchange.INBOUND}

    def sources(self) -> set[str]:
        """Return the names of the services whose events this one handles."""
        return {event.type.split(".")[0] for event in self.handlers}


class Instance:
    """A running service with its database, relay, consumer and clock."""

    def __init__(self, service: Service, settings: Settings, clock: Clock, bus: Bus | None) -> None:
        self.service, self.settings, self.clock, self.bus = service, settings, clock, bus
        self.files = service.file_store(settings)
        self.database = Database(service.name, settings.service_url(service.name), clock, settings)
        # Background work has connections of its own: it never waits behind queued requests.
        few = settings.model_copy(update={"pool_size": _BACKGROUND_POOL, "pool_overflow": _BACKGROUND_POOL})
        self.background = Database(service.name, settings.service_url(service.name), clock, few)
        following = settings.next_password(f"relay_{service.name}")
        self.relay = Relay(service.name, settings.service_url(service.name, "relay"), bus, next_password=following)
        reads, topics = service.series.reads, service.read_topics()
        self.consumer = Consumer(self.background, service.handlers, topics.values(), reads)
        self.sealer = Sealer(self.background, service.seals)
        for database in (self.database, self.background):
            database.wakers.append(self.relay.wake)
        self.tokens = TokenReader(service.name, settings, clock)
        self.api_keys = ApiKeys(self.database)
        self.revocations = Revocations(self.background, settings)
        self.rates, self.wrong_keys = RateLimiter(settings, service.name), WrongKeys()
        self.sign_ins, self.agents = SignIns(), Agents(self.background)
        self.tickets = StreamTickets(self.database, self.revocations, self.agents)
        self.draining = asyncio.Event()
        self.reads: set[asyncio.Task[Any]] = set()
        """Reads of event streams, which end by themselves where their client leaves meanwhile."""
        self._tasks: list[asyncio.Task[None]] = []
        self._feed_moved, self._package_stored = asyncio.Event(), False
        self.relay.on_placed.append(self._on_placed)
        if bus is not None:
            for source in sorted(service.sources()):
                bus.subscribe(f"{source}.events", self.consumer.deliver)
            for topic, inbound in service.read_topics().items():
                bus.subscribe(topic, self.consumer.deliver, inbound.read)

    async def start(self) -> None:
        """Start relay, sealer, tick and jobs. Create all services of a bus first: it delivers to known ones only.

        Raises ValueError for unreadable signing keys and for unknown readings.
        """
        check_settings(self.settings)
        if self.bus is not None:
            await self.bus.start()
        self._tasks.append(asyncio.create_task(self.relay.run(), name=f"relay {self.service.name}"))
        self._tasks.append(asyncio.create_task(self.sealer.run(), name=f"sealer {self.service.name}"))
        for job in (*_JOBS, *self.service.jobs):
            job.begin(self)
            self._tasks.append(asyncio.create_task(self._repeat(job), name=f"{job.name} {self.service.name}"))

    def drain(self) -> None:
        """Report not ready and end open event streams, so that the server can shut down."""
        self.draining.set()
        self._feed_moved.set()

    async def stop(self) -> None:
        """Stop background work, then close the connections."""
        await self.rest()
        if self.bus is not None:
            await self.bus.close()
        await self.relay.close()
        await asyncio.gather(*self.reads, return_exceptions=True)
        await self.background.close()
        await self.database.close()

    async def rest(self) -> None:
        """End streams and finish the current batch; connections stay open, as other services may still use the bus."""
        self.drain()
        self.consumer.stopping.set()
        await self.relay.stop()
        self.sealer.stop()
        relay, sealer, *repeated = self._tasks
        for task in repeated:
            task.cancel()
        await asyncio.gather(
            _finish(relay), _finish(sealer), *([self.bus.stop_delivery()] if self.bus is not None else [])
        )
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def tick(self) -> None:
        """Run the scheduled work; idempotent, and an advisory lock admits one process at a time."""
        async with self.background.session(system_actor(self.service.name)) as session:
            await session.execute(_TICK_TURN, {"service": self.service.name})
            if self.service.tick is not None:
                await self.service.tick(session)
                await record_scheduled_changes(session)
            await self.api_keys.write_uses(session)
            await self.sign_ins.write(session)
            await forget_old_tickets(session)
            await purge(session)
            await remove_stale_uploads(session, self.files)

    async def keep_figures(self) -> None:
        """Handle events that waited for figures, and store the package's figures as first entries, once a release."""
        await self.consumer.replay_waiting()
        if self.service.series.owns and not self._package_stored:
            async with self.background.session(system_actor(self.service.name)) as session:
                await store_package(session, self.service.series)
            self._package_stored = True

    async def retain(self) -> None:
        """Erase what is kept for no longer, in short transactions of which each is recorded, and stray files. I31"""
        await remove_unreferenced(self.background, self.files, self.service.seals.files)
        more = True
        while more:
            async with self.background.session(system_actor(self.service.name)) as session:
                more = await erase_due(session, (*RULES, *self.service.retention))
        self.note_retention()

    def note_retention(self) -> None:
        """Show in the metrics that retention has run to its end; the alert goes by wall time."""
        metrics.RETAINED_AT.labels(self.service.name).set(Clock().now().timestamp())
        metrics.RETENTION_PERIOD.labels(self.service.name).set(self.settings.retention_seconds)

    async def _repeat(self, job: Job) -> None:
        logs.set_context(logs.Context(service=self.service.name, route=job.name))
        while True:
            await asyncio.sleep(job.every_seconds(self.settings))
            try:
                await job.run(self)
            except Exception as error:
                log.error(f"{job.name} failed; it runs again", exc_info=error)

    def _on_placed(self) -> None:
        moved, self._feed_moved = self._feed_moved, asyncio.Event()
        moved.set()

    def feed_signal(self) -> asyncio.Event:
        """Return an event that is set when the feed grows after this call; call it before reading the feed."""
        return self._feed_moved

    async def signed_in(self, credential: str) -> Actor:
        """Return the actor of a token or an API key. Raises Unauthenticated."""
        if credential.startswith("th_live_"):
            return await self.api_keys.holder(credential)
        actor = await self.tokens.read(credential)
        await self.revocations.check(actor)
        self.sign_ins.note(actor, self.clock.today())
        return actor


_JOBS = (
    Job("tick", lambda settings: settings.tick_seconds, Instance.tick, lambda _: None),
    Job("figures", lambda settings: settings.tick_seconds, Instance.keep_figures, lambda _: None),
    Job("retention", lambda settings: settings.retention_seconds, Instance.retain, Instance.note_retention),
)


async def _finish(task: asyncio.Task[None]) -> None:
    """Wait up to _REST_SECONDS for relay or sealer to finish its batch, then cancel it."""
    await asyncio.wait({task}, timeout=_REST_SECONDS)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(service: Service, settings: Settings, clock: Clock, bus: Bus | None) -> AsyncIterator[Instance]:
    """Run an instance of the service for the length of the block."""
    instance = Instance(service, settings, clock, bus)
    await instance.start()
    try:
        yield instance
    finally:
        await instance.stop()


def bus_of(service: str, settings: Settings) -> Bus | None:
    """Return the bus between processes that the settings name; None if they name none."""
    if settings.bus == "kafka":
        from shared.events.bus.kafka import KafkaBus  # loads aiokafka, which other buses do not need

        return KafkaBus(settings, service)
    return None
