"""Migrate the database from the command line: `python -m deploy.migrate up|check|status [service …]`."""

from deploy.local.signals import STOPPED, exit_on_signals, run, stop_signals

if __name__ == "__main__":
    exit_on_signals()  # before the imports below

import argparse
import asyncio
import sys

from services import SERVICES, load
from shared.runtime import Service
from shared.settings import Settings
from shared.storage.migrate import check, status, upgrade


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen command and return its exit code: 3 where models and migrations differ."""
    parser = argparse.ArgumentParser(prog="python -m deploy.migrate", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("services", nargs="*", choices=[*SERVICES, []], default=[])
    chosen = parser.parse_args(arguments)
    services = [load(name) for name in chosen.services or SERVICES]
    with stop_signals():
        try:
            return run(_COMMANDS[chosen.command](Settings(), services), asyncio.run)
        except KeyboardInterrupt:
            return STOPPED


async def _up(settings: Settings, services: list[Service]) -> int:
    await upgrade(settings, services)
    return 0


async def _check(settings: Settings, services: list[Service]) -> int:
    differences = await check(settings, services)
    for service, difference in differences.items():
        sys.stderr.write(f"{service}: {difference}\n")
    return 3 if differences else 0


async def _status(settings: Settings, services: list[Service]) -> int:
    for service, (current, head) in (await status(settings, services)).items():
        sys.stdout.write(f"{service}\t{current or '-'}\t{head}\n")
    return 0


_COMMANDS = {"up": _up, "check": _check, "status": _status}


if __name__ == "__main__":
    sys.exit(main())
