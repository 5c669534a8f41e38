"""The districts' books against the model: every version of every row from exactly one push, every answer right."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from faults.checker.effects import Outcome
from faults.checker.reading import BOOKS, Found
from faults.model.history import Difference, Step
from faults.model.library import BAD, UNEXPLAINED, Book, Sent, refused_rightly
from faults.workload.log import Command
from faults.workload.rows import external_id

Key = tuple[str, str, str]
"""Act that fills the book, district, the district's own id."""


def compare(outcome: Outcome, found: Found) -> Iterator[Difference]:
    """Every difference between what was pushed and answered and what is recorded."""
    books: dict[Key, Book] = {}
    for effect in outcome.effects:
        if effect.command.act in BOOKS:
            yield from _take(effect.command, effect.step(), effect.answer, books)
    for book in books.values():
        yield from book.differences()
    for act in BOOKS:
        yield from _recorded(act, books, found)
    for command in outcome.refused:
        if command.act in BOOKS:
            yield from _refused(command, books)


def _take(command: Command, step: Step, answer: Any, books: dict[Key, Book]) -> Iterator[Difference]:
    """File every row of a push under its key; what is wrong with a row in itself is judged here."""
    rows = command.said["rows"]
    if len(rows) != len(answer):
        yield Difference("code", f"{command}: {len(rows)} rows, {len(answer)} answers")
        return
    for (serial, revision, flaw), told in zip(rows, answer, strict=True):
        key = _key(command, serial)
        if flaw in BAD or (told[0] == "refused" and told[1] != UNEXPLAINED):
            if told != ["refused", flaw]:
                yield Difference("code", f"row {key} of {command}, {flaw or 'sound'}, was told {told}")
            continue
        sent = _sent(command, step, revision, flaw, told)
        books.setdefault(key, Book(" ".join(key), [])).sent.append(sent)


def _key(command: Command, serial: int) -> Key:
    book = "resources" if command.act == "push_resources" else "library-entries"
    return command.act, command.said["district"], external_id(book, serial)


def _sent(command: Command, step: Step, revision: int, flaw: str, told: list[Any]) -> Sent:
    explained = bool(command.said["explained"]) and flaw != UNEXPLAINED
    if told[0] == "refused":
        return Sent(step, revision, explained, told[0], code=told[1])
    return Sent(step, revision, explained, told[0], told[2])


def _recorded(act: str, books: dict[Key, Book], found: Found) -> Iterator[Difference]:
    """The history and the rows as they stand have what was acknowledged, each version once, and nothing else."""
    told = {
        (key, sent.version): sent
        for key, book in books.items()
        if key[0] == act
        for sent in book.sent
        if sent.status in ("created", "updated")
    }
    last: dict[Key, int] = defaultdict(int)
    for row in found.versions[act]:
        key = (act, row["district"], row["external_id"])
        sent = told.pop((key, row["version"]), None)
        last[key] = max(last[key], row["version"])
        if sent is None:
            yield Difference("doubled", f"row {key} has a version {row['version']} that nobody was told of")
        elif sent.revision != row["revision"]:
            yield Difference("state", f"row {key} version {row['version']} does not say what {sent.step} sent")
    for (key, version), sent in told.items():
        yield Difference("lost", f"row {key} version {version} of {sent.step} is not in the history")
    yield from _standing(act, last, found)


def _standing(act: str, last: dict[Key, int], found: Found) -> Iterator[Difference]:
    """Each row stands at the last version of its history."""
    for row in found.heads[act]:
        key = (act, row["district"], row["external_id"])
        if last.pop(key, 0) != row["version"]:
            yield Difference("state", f"row {key} stands at version {row['version']}, its history elsewhere")
    for key in last:
        yield Difference("lost", f"row {key} has a history and does not stand")


def _refused(command: Command, books: dict[Key, Book]) -> Iterator[Difference]:
    """A push that stands or falls whole falls for one bad row, or for a change without a reason."""
    rows = command.said["rows"]
    if command.said["mode"] == "atomic" and command.code == "malformed":
        if any(flaw in BAD for _, _, flaw in rows):
            return
        step = Step(command.act, command.actor, {}, command.started, command.ended, str(command))
        sent = [_sent(command, step, revision, flaw, ["refused", ""]) for _, revision, flaw in rows]
        others = [books[key].sent if (key := _key(command, serial)) in books else [] for serial, _, _ in rows]
        if refused_rightly(sent, others):
            return
    yield Difference("code", f"{command}: the model takes it")
