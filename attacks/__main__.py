"""`make attack`: try every attack on a suite of its own on loopback; exit 1 if one succeeds."""

import argparse
import asyncio
import importlib
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from attacks.registry import ATTACKS, PARTS, Attack
from attacks.target import Succeeded, Target, running_target
from deploy.local.signals import STOPPED, stop_signals
from shared import logs
from shared.settings import Settings

LIMIT_SECONDS = 60.0
"""Time limit of one attack; one that is not over by then has succeeded: it stalls the suite."""
screen = Console(width=None if sys.stdout.isatty() else 140)


async def _outcome(attack: Attack, target: Target) -> str:
    """Return what the attack achieved; empty if it was held off."""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await attack.run(target)
    except Succeeded as achieved:
        return str(achieved)
    except TimeoutError:
        return f"not over after {LIMIT_SECONDS:.0f} s"
    except Exception as error:
        return f"could not be tried, which proves nothing: {error!r}"
    return ""


async def _try_all(chosen: list[Attack]) -> int:
    table = Table("part", "attack", "outcome", "s", show_lines=False)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tenghuan-attack-") as folder:
        async with running_target(Path(folder) / "suite") as target:
            for attack in chosen:
                began = time.perf_counter()
                achieved = await _outcome(attack, target)
                failed += bool(achieved)
                outcome = f"[red]SUCCEEDED[/red] {achieved}" if achieved else "[green]held[/green]"
                table.add_row(attack.part, attack.name, outcome, f"{time.perf_counter() - began:.1f}")
    screen.print(table)
    screen.print(f"{len(chosen) - failed} held, {failed} succeeded")
    return 1 if failed else 0


def main() -> int:
    """Run the attacks of the chosen parts, all without arguments; return the exit code."""
    parser = argparse.ArgumentParser(prog="make attack ARGS=…", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; all without")
    arguments = parser.parse_args()
    for part in PARTS:
        importlib.import_module(f"attacks.{part}")
    chosen = [each for each in ATTACKS if not arguments.parts or each.part in arguments.parts]
    logs.configure(Settings(), usual_level="error")
    with stop_signals():
        try:
            return asyncio.run(_try_all(chosen))
        except KeyboardInterrupt:
            return STOPPED


if __name__ == "__main__":
    sys.exit(main())
