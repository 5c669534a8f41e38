"""One service in a process of its own: `python -m deploy.serve intake`."""

from deploy.local.signals import STOPPED, exit_on_signals, run, stop_event, stop_signals

if __name__ == "__main__":
    exit_on_signals()  # before the imports below

import argparse
import asyncio
import sys
from datetime import UTC, datetime

from sqlalchemy.exc import ArgumentError

from deploy.local.listeners import PortTaken, address, bind
from deploy.local.servers import apps_of, served, tune_garbage_collector
from deploy.local.settings import database_settings, migrated
from deploy.local.tls import check_exposure, scheme
from services import SERVICES, load
from shared import logs
from shared.clock import Clock
from shared.events.bus import Bus
from shared.exporter import exporting
from shared.runtime import bus_of, running
from shared.start_checks import check_settings
from shared.settings import ROLE_KINDS, NoLogin, Settings


def say(words: str) -> None:
    """Print a line on stderr."""
    sys.stderr.write(f"{words}\n")


async def serve(name: str, settings: Settings, clock: Clock) -> int:
    """Migrate, then serve until a signal stops it. Return the exit code."""
    bus = _checked_bus(name, settings)
    listener = bind(settings.host, settings.port + 1 + SERVICES.index(name) if settings.port else 0)
    if settings.database_url:
        await migrated(settings, settings.bus, (name,))
    settings = _with_own_logins(name, settings)
    stopped = stop_event()
    service = load(name)
    tune_garbage_collector()
    async with running(service, settings, clock, bus) as instance, exporting(settings, [instance]):
        async with served(apps_of({name: instance}), {name: listener}):
            say(f"{service.title} answers at {address(listener, scheme(settings))}/docs (Ctrl-C stops it)")
            if bus is None:
                say("TENGHUAN_BUS is none: events wait in the outbox until a process with a bus relays them.")
            if not (settings.jwt_keys.get_secret_value() or settings.jwt_keys_url):
                say("TENGHUAN_JWT_KEYS and TENGHUAN_JWT_KEYS_URL are empty: no token is accepted.")
            await stopped.wait()
            resting = asyncio.create_task(instance.rest())  # while the last requests are answered
        await resting
    return 0


def _checked_bus(name: str, settings: Settings) -> Bus | None:
    try:
        check_settings(settings)
        check_exposure(settings)
        return bus_of(name, settings)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from None


def _with_own_logins(name: str, settings: Settings) -> Settings:
    """Return the settings without the secrets of others. Exits with one line where a role has no password."""
    own = settings.of_service(name)
    try:
        for kind in ROLE_KINDS:
            own.service_url(name, kind)
    except (NoLogin, ArgumentError) as error:
        raise SystemExit(str(error)) from None
    return own


def main(arguments: list[str] | None = None) -> int:
    """Serve one service until a signal stops it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--port", type=int, default=None, help="first port of the suite (8700); 0 takes any free one")
    described = "time of a story's clock (needs TENGHUAN_STORY_CLOCK)"
    parser.add_argument("--story-now", type=datetime.fromisoformat, default=None, help=described)
    chosen = parser.parse_args(arguments)
    with stop_signals():
        try:
            return _serve(chosen.service, chosen.port, chosen.story_now)
        except PortTaken as error:
            say(str(error))
            return 4
        except KeyboardInterrupt:
            return STOPPED


def _serve(service: str, port: int | None, story_now: datetime | None) -> int:
    with database_settings() as settings:
        if port is not None:
            settings = settings.model_copy(update={"port": port})
        logs.configure(settings, service)
        clock = Clock(story_now.astimezone(UTC) if story_now and settings.story_clock else None)
        return run(serve(service, settings, clock))


if __name__ == "__main__":
    sys.exit(main())
