"""`make faults SEED=1 MINUTES=8`: hurt the suite under load in every way, mend it, see whether all is as it must be.

Exit code 0 only when nothing was lost, doubled, reordered or mispaid; otherwise 1, and what each check found is named.
The same seed and length give the same injuries. Everything lies below var/faults until the next run. The usual load is
what two cores carry; where a machine carries less, services fall ever further behind, and LOAD=0.5 halves it.

With `--recovery` (`make recovery`) one injury comes at a time, and a recovery that took longer than its bar is a 1 too.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.local.kafka.jars import BrokerError
from deploy.local.postgres_site import PostgresError
from deploy.local.processes import StartFailed
from deploy.local.signals import STOPPED, stop_signals
from deploy.local.signals import run as run_until_signal
from faults.campaign import Standing, run
from faults.environment import Ground, clear, ground
from faults.plan import Course, course_of, recovery_course
from faults.report import show
from faults.schedule import WORDS
from shared.settings import ROOT

FOLDER = ROOT / "var" / "faults"
_LINE_SECONDS = 10.0
"""Between two lines where there is no screen to draw on."""

screen = Console(width=None if sys.stdout.isatty() else 140)


def _shown(standing: Standing) -> Table:
    lags = " ".join(f"{name} {seconds:.1f}" for name, seconds in standing.lag.latest.seconds.items())
    counts = ", ".join(f"{WORDS[kind]} {many}" for kind, many in sorted(standing.ordeal.counts().items()))
    now = ", ".join(f"{WORDS[each.kind]} ({each.target})" for each in standing.ordeal.under_way)
    table = Table(show_header=False, title=f"{standing.phase}, {time.monotonic() - standing.began:.0f} s")
    table.add_row("commands", f"{len(standing.log.commands):,}")
    table.add_row("events", f"{standing.lag.latest.events:,}")
    table.add_row("lag in s", lags)
    table.add_row("injuries so far", counts or "none")
    table.add_row("at this moment", now or "none")
    return table


@contextmanager
def _watching() -> Iterator[Callable[[Standing], None]]:
    """Draws on a terminal; elsewhere prints a line now and then."""
    if screen.is_terminal:
        with Live(console=screen, auto_refresh=False) as live:
            yield lambda standing: live.update(_shown(standing), refresh=True)
        return
    last = 0.0

    def line(standing: Standing) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_SECONDS:
            last = time.monotonic()
            screen.print(
                f"{last - standing.began:4.0f} s {standing.phase}: {len(standing.log.commands):,} commands, "
                f"{standing.lag.latest.events:,} events, {sum(standing.ordeal.counts().values())} injuries, "
                f"lag {standing.lag.latest.worst():.1f} s ({standing.lag.latest.furthest_behind()})"
            )

    yield line


async def _campaign(stands: Ground, course: Course, chosen: argparse.Namespace) -> int:
    with _watching() as watch:
        report = await run(stands, FOLDER, course, watch)
    length = "recovery" if chosen.recovery else f"minutes-{chosen.minutes:g}"
    report.write(FOLDER / f"seed-{chosen.seed}-{length}.json")
    show(screen, report)
    late = chosen.recovery and not all(each.held and each.measured for each in report.recoveries.values())
    return 1 if report.differences or late else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument(
        "--load", type=float, default=1.0, help="arrivals, as a share of the usual; less on a slow machine"
    )
    parser.add_argument("--recovery", action="store_true", help="one injury at a time, as long as that takes")
    chosen = parser.parse_args()
    course = (
        recovery_course(chosen.seed) if chosen.recovery else course_of(chosen.seed, chosen.minutes, load=chosen.load)
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is what is meant
    with stop_signals():
        code = _until_signal(course, chosen)
        if code == STOPPED:
            screen.print("stopped by a signal; every process was stopped")
        return code


def _until_signal(course: Course, chosen: argparse.Namespace) -> int:
    try:
        clear(FOLDER)
        with ground(FOLDER, keep=True) as stands:
            return run_until_signal(_campaign(stands, course, chosen), asyncio.run)
    except (BrokerError, PostgresError, StartFailed) as error:
        screen.print(f"[red]{error}[/red]")
        return 2
    except KeyboardInterrupt:
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
