"""Report of a run, as tables and as JSON."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from faults.checker.judge import Verdict
from faults.plan import CampaignPlan
from faults.recovery import Recovery
from faults.schedule import FAULT_COUNTS, LABELS
from faults.usage import FILES_GROWTH, MEMORY_GROWTH_MB, Usage
from faults.workload.open_loop import LoadFigures


@dataclass(frozen=True)
class Report:
    """All figures of a run; `differences` holds the first difference of each check."""

    plan: CampaignPlan
    load: LoadFigures
    faults: Mapping[str, int]
    missed: Mapping[str, int]
    """Faults that found no target."""
    recoveries: Mapping[str, Recovery]
    timeline: Sequence[Mapping[str, object]]
    """Every fault with its start, end, restoration and recovery, in seconds from the start of the run."""
    usage: Mapping[str, Usage]
    """Memory, files and database connections by service."""
    restarts: int
    seconds: float
    differences: tuple[str, ...]
    verdict: Verdict

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_json(asdict(self), indent=1, inf_nan_mode="null"))


def show(console: Console, report: Report) -> None:
    """Print the faults with their recoveries, then other counts, then the differences."""
    console.print(_faults(report))
    console.print(_counts(report))
    for number, difference in enumerate(report.differences, 1):
        console.print(f"[red]difference {number}:[/red] {difference}", soft_wrap=True)
    if not report.differences:
        console.print("[green]no difference found[/green]")


def _faults(report: Report) -> Table:
    table = Table("fault", "count", "measured", "p50 s", "p95 s", "longest s", "limit s")
    for kind in FAULT_COUNTS:
        if kind not in report.recoveries:
            continue
        recovery = report.recoveries[kind]
        style = "" if recovery.within_limit else "yellow"
        figures = (
            f"{each:.2f}" if recovery.measured else "" for each in (recovery.p50, recovery.p95, recovery.longest)
        )
        limit = "" if recovery.limit is None else f"{recovery.limit:.0f}"
        table.add_row(LABELS[kind], str(recovery.faults), str(recovery.measured), *figures, limit, style=style)
    return table


def _counts(report: Report) -> Table:
    load, checked, usage = report.load, report.verdict.figures, sorted(report.usage.items())
    rows = {
        "cases, events": f"{checked.cases:,}, {checked.events:,}",
        "lost, doubled, out of order, drift, wrong": (
            f"{checked.lost}, {checked.doubled}, {checked.out_of_order}, {checked.drift}, {checked.wrong}"
        ),
        "answers compared with the model; transfers": f"{checked.codes:,}; {checked.transfers:,}",
        "commands: accepted, refused, without answer": f"{load.accepted:,}, {load.refused:,}, {load.without_answer:,}",
        "requests; unanswered attempts; resent keys": (
            f"{load.requests:,}; {load.unanswered_attempts:,}; {load.resent:,}"
        ),
        "arrivals that never started; longest delay of a start": f"{load.dropped}; {load.latest_start_seconds} s",
        "process restarts": f"{report.restarts:,}",
        "memory in MB, first → highest": ", ".join(f"{name} {_span(each.memory_mb)}" for name, each in usage),
        "open files, first → highest": ", ".join(f"{name} {_span(each.files)}" for name, each in usage),
        "database connections, most → at rest": ", ".join(f"{name} {_span(each.connections)}" for name, each in usage),
        "largest growth of a process": _growth(report.usage.values()),
        "total seconds": f"{report.seconds:.0f}",
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _span(figures: tuple[float, float]) -> str:
    return f"{figures[0]:.0f} → {figures[1]:.0f}"


def _growth(usage: Collection[Usage]) -> str:
    memory = max((each.memory_growth_mb for each in usage), default=0.0)
    files = max((each.files_growth for each in usage), default=0)
    return f"{memory:.0f} MB (bound {MEMORY_GROWTH_MB:.0f}), {files} files (bound {FILES_GROWTH})"
