"""The verdict: reads everything once, runs every check, and reports each with its scope and first difference."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from faults.checker import budgets, cases, delivery, effects, reading, rows, states, updates
from faults.checker.delivery import Query
from faults.checker.reading import Connection, Snapshot
from faults.model.history import Difference
from faults.workload.log import KEY_PREFIX, CommandLog
from services import SERVICES
from services.funding.ledger.reconciliation import CHECKS, statement


@dataclass(frozen=True)
class Finding:
    """Result of one check: name, scope, number of contradictions, and the first of them."""

    name: str
    scope: str
    count: int = 0
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.scope}" + (
            f"; {self.count} wrong, first {self.differences[0]}" if self.count else ""
        )


@dataclass(frozen=True)
class Figures:
    """Totals: what was checked, and the differences by kind."""

    cases: int
    events: int
    commands: int
    codes: int
    """Answers compared with the model; each row of a push counts."""
    transfers: int
    lost: int
    doubled: int
    out_of_order: int
    drift: int
    wrong: int
    """Answers and states that differ from the model."""


@dataclass(frozen=True)
class Verdict:
    """All findings. `first` is the first difference, or empty."""

    findings: tuple[Finding, ...]
    figures: Figures

    @property
    def first(self) -> str:
        return next((f"{each.name}: {each.differences[0]}" for each in self.findings if each.count), "")


async def judge(
    log: CommandLog,
    dsn: str,
    *,
    with_history: bool = True,
    parked_during_load: Iterable[UUID] = (),
    parked: cases.Parked | None = None,
) -> Verdict:
    """Judge a suite at rest by the log of its load, over an administrator's connection.

    Only cases among `parked_during_load`, aggregates parked at the end of the load, may have waited in vain. `parked`
    holds the consumer, source and aggregate of events still parked; nothing further is expected of these.
    """
    admin = await asyncpg.connect(dsn, server_settings={"application_name": "campaign", "work_mem": "256MB"})
    try:
        snapshot = await reading.read(admin, KEY_PREFIX)
        late = effects.unanswered_but_stored(log, snapshot)
        bodies = {
            key: body for name, keys in late.items() for key, body in (await reading.bodies(admin, name, keys)).items()
        }
        findings = [_stalled_cases(log, snapshot, parked_during_load), *_model(log, snapshot, bodies, parked or set())]
        findings += [await _run_queries(admin, name, queries) for name, queries in _query_groups(with_history)]
        return Verdict(tuple(findings), _figures(log, snapshot, findings, await _events(admin)))
    finally:
        await admin.close()


def _finding(name: str, scope: str, differences: Iterable[Difference]) -> Finding:
    found = tuple(differences)
    return Finding(name, scope, len(found), found)


def _stalled_cases(log: CommandLog, snapshot: Snapshot, parked_during_load: Iterable[UUID]) -> Finding:
    """Check that whatever a case waited for too long exists at the end."""
    allowed = {str(aggregate) for aggregate in parked_during_load}
    lost = [
        Difference("lost", f"{case} waited in vain for {what}")
        for case, what in log.stalled.items()
        if case not in allowed and case not in snapshot.states[_WAITED_FOR[what.split()[0]]]
    ]
    return _finding("cases that waited too long", f"{len(log.stalled)}", lost)


_WAITED_FOR = {"eligibility": "review", "funding": "application", "monitoring": "file"}


def _model(log: CommandLog, snapshot: Snapshot, bodies: dict[str, bytes], parked: cases.Parked) -> Iterator[Finding]:
    """Yield the findings of the comparison of commands and model."""
    classified = effects.classify(log, snapshot, bodies)
    accepted, refused = len(classified.effects), len(classified.refused)
    yield _finding("acknowledged commands", f"{accepted} took effect, {refused} were refused", classified.differences)
    yield _finding("resent keys", f"{len(log.resends)}", effects.compare_resends(log))
    yield _finding("updates by the topic", f"{len(snapshot.updates)} answered", updates.compare(log, snapshot))
    versions = sum(len(each) for each in snapshot.versions.values())
    yield _finding("district registers", f"{versions} versions of rows", rows.compare(classified, snapshot))
    acts = {key: list(each) for key, each in snapshot.acts.items()}
    replayed = cases.Replay(classified, snapshot, parked)
    yield _finding("cases replayed on the model", f"{sum(map(len, acts.values()))} acts on record", replayed.run())
    yield _finding("states of the cases", f"{len(replayed.cases)} cases", states.compare(replayed, acts))
    transfers = f"{len(snapshot.transfers)} transfers on {len(snapshot.accounts)} accounts"
    yield _finding("ledger replayed on the model", transfers, budgets.compare(classified, snapshot))


def _query_groups(with_history: bool) -> Iterator[tuple[str, Sequence[Query]]]:
    yield "published", list(delivery.published())
    yield "delivered", list(delivery.delivered(with_history))
    yield "copies", list(delivery.copies())
    yield (
        "ledger invariants",
        [Query("drift", _as_text(name)) for name in CHECKS],
    )


def _as_text(name: str) -> str:
    return f"SELECT subject || ': ' || figures FROM ({statement(name)}) AS drift (invariant, subject, figures)"


async def _run_queries(admin: Connection, name: str, queries: Sequence[Query]) -> Finding:
    await admin.execute("SET search_path = funding")
    results = [await delivery.run_query(admin, query) for query in queries]
    differences = tuple(each for result in results for each in result.differences)
    return Finding(name, f"{len(queries)} queries", sum(result.count for result in results), differences)


async def _events(admin: Connection) -> int:
    return sum([await admin.fetchval(f"SELECT count(*) FROM {service}.event_log") for service in SERVICES])


def _figures(log: CommandLog, snapshot: Snapshot, findings: Sequence[Finding], events: int) -> Figures:
    kinds = Counter({"": 0})
    for each in findings:
        kinds.update(difference.kind for difference in each.differences)
    pushed: Callable[[object], int] = lambda answer: len(answer) if isinstance(answer, list) else 1  # noqa: E731
    return Figures(
        cases=sum(len(each) for each in snapshot.current_rows.values()) + len(snapshot.states["declaration"]),
        events=events,
        commands=len(log.commands),
        codes=sum(pushed(command.answer) for command in log.commands if command.status is not None),
        transfers=len(snapshot.transfers),
        lost=kinds["lost"],
        doubled=kinds["doubled"],
        out_of_order=kinds["order"],
        drift=kinds["drift"],
        wrong=kinds["code"] + kinds["state"],
    )
