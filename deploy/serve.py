"""One service alone: `python -m deploy.serve intake`. Its own process, schema, role and migrations."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

import uvloop

from deploy.local.servers import PortTaken, address, apps_of, bind, interruptible, on_stop_signal, served, steady_memory
from deploy.local.settings import database_settings, migrated
from services import SERVICES, load
from shared import logs
from shared.clock import Clock
from shared.events.bus import Bus
from shared.runtime import bus_of, running
from shared.settings import Settings
from shared.tokens import check_keys


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


async def serve(name: str, settings: Settings, clock: Clock) -> None:
    """Migrate, then serve until asked to stop."""
    listener = bind(settings.host, settings.port + 1 + SERVICES.index(name) if settings.port else 0)
    bus = _checked_bus(name, settings)
    if settings.database_url:
        await migrated(settings, (name,))
    asked = on_stop_signal()
    service = load(name)
    steady_memory()
    async with running(service, settings, clock, bus) as instance:
        async with served(apps_of({name: instance}), {name: listener}):
            say(f"{service.title} answers at {address(listener)}/docs (Ctrl-C stops it)")
            if bus is None:
                say("TENGHUAN_BUS is none: events wait in the outbox until a process with a carrier takes them.")
            if not settings.jwt_keys.get_secret_value():
                say("TENGHUAN_JWT_KEYS is empty: nobody can sign in with a token.")
            await asked.wait()
            resting = asyncio.create_task(instance.rest())  # while the last requests are answered
        await resting


def _checked_bus(name: str, settings: Settings) -> Bus | None:
    try:
        check_keys(settings)
        return bus_of(name, settings)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--port", type=int, default=None, help="first port of the suite (8700); 0 takes any free one")
    said = "where a story's clock stands (needs TENGHUAN_STORY_CLOCK)"
    parser.add_argument("--story-now", type=datetime.fromisoformat, default=None, help=said)
    chosen = parser.parse_args(arguments)
    interruptible()
    with database_settings() as settings:
        if chosen.port is not None:
            settings = settings.model_copy(update={"port": chosen.port})
        logs.configure(settings, chosen.service)
        clock = Clock(chosen.story_now.astimezone(UTC) if chosen.story_now and settings.story_clock else None)
        try:
            uvloop.run(serve(chosen.service, settings, clock))
        except PortTaken as error:
            say(str(error))
            return 4
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
