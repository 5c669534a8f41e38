"""The district registers against the model: every version of a row from one push, every answer correct."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from faults.checker.effects import Classified
from faults.checker.reading import REGISTERS, Snapshot
from faults.model.history import Difference, Step
from faults.model.library import BAD, UNEXPLAINED, RowHistory, Sent, refused_rightly
from faults.workload.log import Command
from faults.workload.rows import external_id

Key = tuple[str, str, str]
"""Act of the register, district, external id."""


def compare(classified: Classified, snapshot: Snapshot) -> Iterator[Difference]:
    """Yield every difference between the pushes with their answers and the recorded rows."""
    histories: dict[Key, RowHistory] = {}
    for effect in classified.effects:
        if effect.command.act in REGISTERS:
            yield from _collect(effect.command, effect.step(), effect.answer, histories)
    for history in histories.values():
        yield from history.differences()
    for act in REGISTERS:
        yield from _recorded(act, histories, snapshot)
    for command in classified.refused:
        if command.act in REGISTERS:
            yield from _wrong_refusal(command, histories)


def _collect(command: Command, step: Step, answer: Any, histories: dict[Key, RowHistory]) -> Iterator[Difference]:
    """Collect the rows of a push by key; check the answers to rows that are invalid by themselves."""
    rows = command.facts["rows"]
    if len(rows) != len(answer):
        yield Difference("code", f"{command}: {len(rows)} rows, {len(answer)} answers")
        return
    for (serial, revision, flaw), result in zip(rows, answer, strict=True):
        key = _key(command, serial)
        if flaw in BAD or (result[0] == "refused" and result[1] != UNEXPLAINED):
            if result != ["refused", flaw]:
                yield Difference("code", f"row {key} of {command}, {flaw or 'valid'}, was answered {result}")
            continue
        sent = _sent(command, step, revision, flaw, result)
        histories.setdefault(key, RowHistory(" ".join(key), [])).sent.append(sent)


def _key(command: Command, serial: int) -> Key:
    register = "resources" if command.act == "push_resources" else "library-entries"
    return command.act, command.facts["district"], external_id(register, serial)


def _sent(command: Command, step: Step, revision: int, flaw: str, answer: list[Any]) -> Sent:
    explained = bool(command.facts["explained"]) and flaw != UNEXPLAINED
    if answer[0] == "refused":
        return Sent(step, revision, explained, answer[0], code=answer[1])
    return Sent(step, revision, explained, answer[0], answer[2])


def _recorded(act: str, histories: dict[Key, RowHistory], snapshot: Snapshot) -> Iterator[Difference]:
    """Check that history and current rows hold each acknowledged version once, and nothing else."""
    answer = {
        (key, sent.version): sent
        for key, history in histories.items()
        if key[0] == act
        for sent in history.sent
        if sent.status in ("created", "updated")
    }
    last: dict[Key, int] = defaultdict(int)
    for row in snapshot.versions[act]:
        key = (act, row["district"], row["external_id"])
        sent = answer.pop((key, row["version"]), None)
        last[key] = max(last[key], row["version"])
        if sent is None:
            yield Difference("doubled", f"row {key} has a version {row['version']} without an acknowledged push")
        elif sent.revision != row["revision"]:
            yield Difference("state", f"row {key} version {row['version']} differs from the row sent by {sent.step}")
    for (key, version), sent in answer.items():
        yield Difference("lost", f"row {key} version {version} of {sent.step} is not in the history")
    yield from _current_rows(act, last, snapshot)


def _current_rows(act: str, last: dict[Key, int], snapshot: Snapshot) -> Iterator[Difference]:
    """Check that each row is at the last version of its history."""
    for row in snapshot.current_rows[act]:
        key = (act, row["district"], row["external_id"])
        if last.pop(key, 0) != row["version"]:
            yield Difference("state", f"row {key} is at version {row['version']}, its history at another")
    for key in last:
        yield Difference("lost", f"row {key} has a history but no current row")


def _wrong_refusal(command: Command, histories: dict[Key, RowHistory]) -> Iterator[Difference]:
    """Check that an atomic push was refused for an invalid row or for a change without a reason."""
    rows = command.facts["rows"]
    if command.facts["mode"] == "atomic" and command.code == "malformed":
        if any(flaw in BAD for _, _, flaw in rows):
            return
        step = Step(command.act, command.actor, {}, command.started, command.ended, str(command))
        sent = [_sent(command, step, revision, flaw, ["refused", ""]) for _, revision, flaw in rows]
        others = [histories[key].sent if (key := _key(command, serial)) in histories else [] for serial, _, _ in rows]
        if refused_rightly(sent, others):
            return
    yield Difference("code", f"{command}: the model accepts it")
