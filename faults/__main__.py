"""`make faults SEED=1 MINUTES=8`: inject every kind of fault into the suite under load, then check its state.

Exit code 0 when nothing was lost, doubled, reordered or mispaid; otherwise 1, and each check prints its findings. The
same seed and length give the same faults. All files lie below var/faults until the next run. The default load suits two
cores; on a slower machine services fall further and further behind, and LOAD=0.5 halves it.

`--recovery` (`make recovery`) injects one fault at a time and also exits with 1 for a recovery over its limit.
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
from faults.campaign import Progress, run
from faults.environment import Environment, clear, start_environment
from faults.plan import CampaignPlan, campaign_plan, recovery_plan
from faults.report import show
from faults.schedule import LABELS
from shared.settings import ROOT

FOLDER = ROOT / "var" / "faults"
_LINE_SECONDS = 10.0
"""Interval between progress lines without a terminal."""

console = Console(width=None if sys.stdout.isatty() else 140)


def _progress_table(progress: Progress) -> Table:
    lags = " ".join(f"{name} {seconds:.1f}" for name, seconds in progress.lag.latest.seconds.items())
    counts = ", ".join(f"{LABELS[kind]} {many}" for kind, many in sorted(progress.nemesis.counts().items()))
    now = ", ".join(f"{LABELS[each.kind]} ({each.target})" for each in progress.nemesis.under_way)
    table = Table(show_header=False, title=f"{progress.phase}, {time.monotonic() - progress.began:.0f} s")
    table.add_row("commands", f"{len(progress.log.commands):,}")
    table.add_row("events", f"{progress.lag.latest.events:,}")
    table.add_row("lag in s", lags)
    table.add_row("faults so far", counts or "none")
    table.add_row("active faults", now or "none")
    return table


@contextmanager
def _progress_display() -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows progress: a live table on a terminal, otherwise a line every ten seconds."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda progress: live.update(_progress_table(progress), refresh=True)
        return
    last = 0.0

    def line(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_SECONDS:
            last = time.monotonic()
            console.print(
                f"{last - progress.began:4.0f} s {progress.phase}: {len(progress.log.commands):,} commands, "
                f"{progress.lag.latest.events:,} events, {sum(progress.nemesis.counts().values())} faults, "
                f"lag {progress.lag.latest.worst():.1f} s ({progress.lag.latest.furthest_behind()})"
            )

    yield line


async def _campaign(environment: Environment, plan: CampaignPlan, options: argparse.Namespace) -> int:
    with _progress_display() as observe:
        report = await run(environment, FOLDER, plan, observe)
    length = "recovery" if options.recovery else f"minutes-{options.minutes:g}"
    report.write(FOLDER / f"seed-{options.seed}-{length}.json")
    show(console, report)
    too_slow = options.recovery and not all(each.within_limit and each.measured for each in report.recoveries.values())
    return 1 if report.differences or too_slow else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--load", type=float, default=1.0, help="factor on arrivals; less than 1 on a slow machine")
    parser.add_argument("--recovery", action="store_true", help="one fault at a time; measures recoveries")
    options = parser.parse_args()
    plan = (
        recovery_plan(options.seed)
        if options.recovery
        else campaign_plan(options.seed, options.minutes, load=options.load)
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its warnings about a lost broker are expected
    with stop_signals():
        code = _run_until_signal(plan, options)
        if code == STOPPED:
            console.print("stopped by a signal; every process was stopped")
        return code


def _run_until_signal(plan: CampaignPlan, options: argparse.Namespace) -> int:
    try:
        clear(FOLDER)
        with start_environment(FOLDER, keep=True) as environment:
            return run_until_signal(_campaign(environment, plan, options), asyncio.run)
    except (BrokerError, PostgresError, StartFailed) as error:
        console.print(f"[red]{error}[/red]")
        return 2
    except KeyboardInterrupt:
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
