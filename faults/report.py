"""What a run found, as a table for people and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from faults.checker.judge import Verdict
from faults.plan import Course
from faults.recovery import Recovery
from faults.schedule import COUNTS, WORDS
from faults.workload.drive import LoadFigures


@dataclass(frozen=True)
class Report:
    """All figures of a run; `differences` are the first of each kind of thing that is not as it must be."""

    course: Course
    load: LoadFigures
    injuries: Mapping[str, int]
    missed: Mapping[str, int]
    """Injuries that found nothing to hit."""
    recoveries: Mapping[str, Recovery]
    history: Sequence[Mapping[str, object]]
    """Every injury: seconds from the beginning until it befell, ended, was mended, and was recovered from."""
    memory_mb: Mapping[str, tuple[float, float]]
    """By service: when first looked at, and the most."""
    backends: tuple[Mapping[str, int], Mapping[str, int]]
    """Connections at the database before and after, by application."""
    restarts: int
    seconds: float
    differences: tuple[str, ...]
    verdict: Verdict

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_json(asdict(self), indent=1, inf_nan_mode="null"))


def show(screen: Console, report: Report) -> None:
    """The injuries with their recoveries, then what else was counted, then the verdict."""
    screen.print(_injuries(report))
    screen.print(_counts(report))
    for number, difference in enumerate(report.differences, 1):
        screen.print(f"[red]difference {number}:[/red] {difference}", soft_wrap=True)
    if not report.differences:
        screen.print("[green]everything is as it must be[/green]")


def _injuries(report: Report) -> Table:
    table = Table("injury", "times", "measured alone", "p50 s", "p95 s", "longest s", "bar s")
    for kind in COUNTS:
        if kind not in report.recoveries:
            continue
        of = report.recoveries[kind]
        style = "" if of.held else "yellow"
        figures = (f"{each:.2f}" if of.measured else "" for each in (of.p50, of.p95, of.longest))
        bar = "" if of.bar is None else f"{of.bar:.0f}"
        table.add_row(WORDS[kind], str(of.injuries), str(of.measured), *figures, bar, style=style)
    return table


def _counts(report: Report) -> Table:
    load, judged, (before, after) = report.load, report.verdict.figures, report.backends
    memory = ", ".join(f"{name} {first:.0f} → {most:.0f}" for name, (first, most) in sorted(report.memory_mb.items()))
    rows = {
        "cases, events": f"{judged.cases:,}, {judged.events:,}",
        "lost, doubled, out of order, drift, wrong": (
            f"{judged.lost}, {judged.doubled}, {judged.out_of_order}, {judged.drift}, {judged.wrong}"
        ),
        "answers compared with the model; transfers": f"{judged.codes:,}; {judged.transfers:,}",
        "commands: accepted, refused, without answer": f"{load.accepted:,}, {load.refused:,}, {load.without_answer:,}",
        "requests; unanswered attempts; keys used again": (
            f"{load.requests:,}; {load.unanswered_attempts:,}; {load.resent:,}"
        ),
        "arrivals that never began; latest start": f"{load.dropped}; {load.latest_start_seconds} s",
        "processes started again": f"{report.restarts:,}",
        "database connections before and after": f"{Counter(before).total()} and {Counter(after).total()}",
        "memory of a service in MB, at first → at most": memory,
        "seconds in all": f"{report.seconds:.0f}",
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    return table
