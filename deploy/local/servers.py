"""Serving several services from one process: a uvicorn server each, on one loop, with one way to stop."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from services import SERVICES, load
from shared.clock import Clock
from shared.events.bus import Bus
from shared.runtime import Instance
from shared.settings import Settings
from shared.web.app import create_app

ENDING_SECONDS = 3
"""So long a request that is under way may take when a stop is asked for."""


class _Server(uvicorn.Server):
    """Leaves signals to the process: with four servers on a loop each would catch the others'."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def suite(settings: Settings, clock: Clock, bus: Bus | None) -> AsyncIterator[dict[str, Instance]]:
    """All four services running in this process: none relays before all listen, none closes before all have stopped."""
    instances = {name: Instance(load(name), settings, clock, bus) for name in SERVICES}
    for instance in instances.values():
        await instance.start()
    try:
        yield instances
    finally:
        await asyncio.gather(*(instance.rest() for instance in instances.values()))
        await asyncio.gather(*(instance.stop() for instance in instances.values()))


@asynccontextmanager
async def served(
    apps: Mapping[str, FastAPI], listeners: Mapping[str, socket.socket], *, ending_seconds: int = ENDING_SECONDS
) -> AsyncIterator[None]:
    """The applications answering on their sockets for the length of the block; then requests have a while to end."""
    servers = {
        name: _Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=ending_seconds))
        for name, app in apps.items()
    }
    tasks = [asyncio.create_task(server.serve(sockets=[listeners[name]])) for name, server in servers.items()]
    while not all(server.started for server in servers.values()):  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        for app in apps.values():
            app.state.instance.drain()
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def apps_of(instances: Mapping[str, Instance]) -> dict[str, FastAPI]:
    return {name: create_app(instance.service, instance) for name, instance in instances.items()}


def steady_memory() -> None:
    """What was loaded for the start stays: the collector passes it over, and comes less often.

    A batch of events makes some tens of thousands of objects; collecting at every 700 of them halves the pace.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
