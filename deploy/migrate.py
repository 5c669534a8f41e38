"""Migrate the database from the command line: `python -m deploy.migrate up|check|status [service …]`."""

import argparse
import asyncio
import sys

from services import SERVICES, load
from shared.settings import Settings
from shared.storage.migrate import check, status, upgrade


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen command and return its exit code: 3 where models and migrations differ."""
    parser = argparse.ArgumentParser(prog="python -m deploy.migrate", description=__doc__)
    parser.add_argument("command", choices=["up", "check", "status"])
    parser.add_argument("services", nargs="*", choices=[*SERVICES, []], default=[])
    chosen = parser.parse_args(arguments)
    services = [load(name) for name in chosen.services or SERVICES]
    settings = Settings()
    if chosen.command == "up":
        asyncio.run(upgrade(settings, services))
        return 0
    if chosen.command == "check":
        differences = asyncio.run(check(settings, services))
        for service, difference in differences.items():
            sys.stderr.write(f"{service}: {difference}\n")
        return 3 if differences else 0
    for service, (current, head) in asyncio.run(status(settings, services)).items():
        sys.stdout.write(f"{service}\t{current or '-'}\t{head}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
