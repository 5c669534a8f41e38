"""Several services in one process: a uvicorn server for each, on one event loop."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from fastapi import FastAPI

from deploy.local.connections import BoundedConfig, BoundedServer
from deploy.local.tls import follow_certificate, tls_options
from services import SERVICES, load
from shared.clock import Clock
from shared.events.bus import Bus
from shared.runtime import Instance
from shared.settings import Settings
from shared.web.app import create_app

DRAIN_SECONDS = 3
"""Seconds that a request under way may take once the servers stop."""


class _Server(BoundedServer):
    """Uvicorn server that leaves signals to the process, which has several servers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def suite(settings: Settings, clock: Clock, bus: Bus | None) -> AsyncIterator[dict[str, Instance]]:
    """Run all services in this process: none relays before all have subscribed, none closes before all have stopped."""
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
    apps: Mapping[str, FastAPI], listeners: Mapping[str, socket.socket], *, drain_seconds: int = DRAIN_SECONDS
) -> AsyncIterator[Mapping[str, BoundedServer]]:
    """Serve the applications on their sockets during the block; then let requests end within `drain_seconds`."""
    servers = {name: _Server(_config(app, drain_seconds)) for name, app in apps.items()}
    tasks = [asyncio.create_task(server.serve(sockets=[listeners[name]])) for name, server in servers.items()]
    while not all(server.started for server in servers.values()):  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.01)
    following = [
        asyncio.create_task(follow_certificate(apps[name].state.instance.settings, server.config.ssl))
        for name, server in servers.items()
        if server.config.ssl is not None
    ]
    try:
        yield servers
    finally:
        for task in following:
            task.cancel()
        for app in apps.values():
            app.state.instance.drain()
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*tasks, *following, return_exceptions=True)


def _config(app: FastAPI, drain_seconds: int) -> BoundedConfig:
    settings: Settings = app.state.instance.settings
    return BoundedConfig(app, settings, timeout_graceful_shutdown=drain_seconds, **tls_options(settings))


def apps_of(instances: Mapping[str, Instance]) -> dict[str, FastAPI]:
    """Return the HTTP application of each instance."""
    return {name: create_app(instance.service, instance) for name, instance in instances.items()}


def tune_garbage_collector() -> None:
    """Freeze the objects of the start and collect garbage less often.

    A batch of events allocates some tens of thousands of objects; collecting at every 700 halves the throughput.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
