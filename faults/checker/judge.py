"""The verdict: everything read once, every check made, each with a line of what it saw and its first culprit."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from faults.checker import budgets, cases, delivery, effects, reading, rows, states, updates
from faults.checker.delivery import Query
from faults.checker.reading import Connection, Found
from faults.model.history import Difference
from faults.workload.log import MARK, CommandLog
from services import SERVICES
from services.funding.ledger.verify import INVARIANTS
from services.funding.ledger.verify_cases import CHECKS


@dataclass(frozen=True)
class Finding:
    """One check: its name, what it saw, how many contradictions, and the first of them."""

    name: str
    saw: str
    many: int = 0
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.saw}" + (f"; {self.many} wrong, first {self.differences[0]}" if self.many else "")


@dataclass(frozen=True)
class Figures:
    """What was judged, and how much of it was wrong."""

    cases: int
    events: int
    commands: int
    codes: int
    """Answers compared with the model, rows of pushes counted each."""
    transfers: int
    lost: int
    doubled: int
    out_of_order: int
    drift: int
    wrong: int
    """Answers and states that are not the model's."""


@dataclass(frozen=True)
class Verdict:
    """All findings. `first` names the first difference; it is empty when all is as it must be."""

    findings: tuple[Finding, ...]
    figures: Figures

    @property
    def first(self) -> str:
        return next((f"{each.name}: {each.differences[0]}" for each in self.findings if each.many), "")


async def judge(
    log: CommandLog, dsn: str, *, witnessed: bool = True, held: Iterable[UUID] = (), parked: cases.Parked | None = None
) -> Verdict:
    """Judge a suite at rest, read through an administrator's connection, by the log of what was asked and answered.

    `held` are the aggregates that were parked while the load went on: the only ones that may have kept a case waiting.
    `parked` are those that still are, by consumer and source; nothing further is expected of them.
    """
    admin = await asyncpg.connect(dsn, server_settings={"application_name": "campaign", "work_mem": "256MB"})
    try:
        found = await reading.read(admin, MARK)
        late = effects.unanswered_but_kept(log, found)
        bodies = {
            key: body for name, keys in late.items() for key, body in (await reading.bodies(admin, name, keys)).items()
        }
        findings = [_stalls(log, found, held), *_model(log, found, bodies, parked or set())]
        findings += [await _asked(admin, name, queries) for name, queries in _questions(witnessed)]
        return Verdict(tuple(findings), _figures(log, found, findings, await _events(admin)))
    finally:
        await admin.close()


def _finding(name: str, saw: str, differences: Iterable[Difference]) -> Finding:
    found = tuple(differences)
    return Finding(name, saw, len(found), found)


def _stalls(log: CommandLog, found: Found, held: Iterable[UUID]) -> Finding:
    """A case may have waited longer than anybody has patience; what it waited for must be there in the end."""
    allowed = {str(aggregate) for aggregate in held}
    lost = [
        Difference("lost", f"{case} waited in vain for {what}, which never came")
        for case, what in log.stalled.items()
        if case not in allowed and case not in found.states[_WAITED_FOR[what.split()[0]]]
    ]
    return _finding("cases that waited too long", f"{len(log.stalled)}", lost)


_WAITED_FOR = {"eligibility": "review", "funding": "application", "monitoring": "file"}


def _model(log: CommandLog, found: Found, bodies: dict[str, bytes], parked: cases.Parked) -> Iterator[Finding]:
    """The commands against the model."""
    sorted_out = effects.sort(log, found, bodies)
    done, refused = len(sorted_out.effects), len(sorted_out.refused)
    yield _finding("acknowledged commands", f"{done} took effect, {refused} were refused", sorted_out.differences)
    yield _finding("keys used again", f"{len(log.resends)}", effects.resends(log))
    yield _finding("updates by the topic", f"{len(found.updates)} answered", updates.compare(log, found))
    versions = sum(len(each) for each in found.versions.values())
    yield _finding("the districts' books", f"{versions} versions of rows", rows.compare(sorted_out, found))
    acts = {key: list(each) for key, each in found.acts.items()}
    replayed = cases.Replay(sorted_out, found, parked)
    yield _finding("cases replayed on the model", f"{sum(map(len, acts.values()))} acts on record", replayed.run())
    yield _finding("where the cases stand", f"{len(replayed.cases)} cases", states.compare(replayed, acts))
    transfers = f"{len(found.transfers)} transfers on {len(found.accounts)} accounts"
    yield _finding("the ledger replayed on the model", transfers, budgets.compare(sorted_out, found))


def _questions(witnessed: bool) -> Iterator[tuple[str, Sequence[Query]]]:
    yield "announced", list(delivery.announced())
    yield "told", list(delivery.told(witnessed))
    yield "copies", list(delivery.copies())
    yield (
        "the books' own invariants",
        [Query("drift", _worded(sql)) for sql in (*INVARIANTS.values(), *CHECKS.values())],
    )


def _worded(sql: str) -> str:
    return f"SELECT subject || ': ' || figures FROM ({sql}) AS drift (subject, figures)"


async def _asked(admin: Connection, name: str, queries: Sequence[Query]) -> Finding:
    await admin.execute("SET search_path = funding")
    answered = [await delivery.ask(admin, query) for query in queries]
    found = tuple(each for answer in answered for each in answer.differences)
    return Finding(name, f"{len(queries)} questions", sum(answer.many for answer in answered), found)


async def _events(admin: Connection) -> int:
    return sum([await admin.fetchval(f"SELECT count(*) FROM {service}.event_log") for service in SERVICES])


def _figures(log: CommandLog, found: Found, findings: Sequence[Finding], events: int) -> Figures:
    kinds = Counter({"": 0})
    for each in findings:
        kinds.update(difference.kind for difference in each.differences)
    pushed: Callable[[object], int] = lambda answer: len(answer) if isinstance(answer, list) else 1  # noqa: E731
    return Figures(
        cases=sum(len(each) for each in found.heads.values()) + len(found.states["declaration"]),
        events=events,
        commands=len(log.commands),
        codes=sum(pushed(command.answer) for command in log.commands if command.status is not None),
        transfers=len(found.transfers),
        lost=kinds["lost"],
        doubled=kinds["doubled"],
        out_of_order=kinds["order"],
        drift=kinds["drift"],
        wrong=kinds["code"] + kinds["state"],
    )
