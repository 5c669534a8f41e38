"""Updates by the topic: each that the broker took is answered once, in the order in which its sender sent it."""

from collections.abc import Iterator

from faults.checker.reading import Found, Told
from faults.model.history import Difference
from faults.workload.answers import rows_of
from faults.workload.log import Command, CommandLog


def is_update(command: Command) -> bool:
    return "topic" in command.said


def compare(log: CommandLog, found: Found) -> Iterator[Difference]:
    """Updates lost, answered twice, answered to nobody, or overtaken by a later one of the same sender."""
    sent = {command.key: command for command in log.commands if is_update(command)}
    for key, parts in found.updates.items():
        if key not in sent:
            yield Difference("doubled", f"update {key} was answered, and nobody sent it")
        elif [part.said["part"] for part in parts] != list(range(1, parts[0].said["parts"] + 1)):
            yield Difference("doubled", f"{sent[key]}: answered in parts {[part.said['part'] for part in parts]}")
    latest: dict[str, tuple[int, Command]] = {}
    for key, command in sent.items():
        parts = found.updates.get(key, [])
        if command.said.get("sent") and not parts:
            yield Difference("lost", f"{command}: the broker took it, and nobody answered it")
        elif parts and command.said.get("sent"):
            yield from _overtaken(command, parts[0], latest)


def _overtaken(command: Command, first: Told, latest: dict[str, tuple[int, Command]]) -> Iterator[Difference]:
    """Of one sender each update was sent when the broker had the one before."""
    at, before = latest.get(command.actor, (0, command))
    if first.at < at:
        yield Difference("order", f"{command} was answered before {before}, which was sent before it")
    latest[command.actor] = (first.at, command)


def outcome(parts: list[Told]) -> tuple[bool, str, list[list[object]]]:
    """Whether an update was accepted, else the code of its refusal; and what became of its rows."""
    problem = parts[0].said["problem"]
    return (
        problem is None,
        "" if problem is None else problem["code"],
        rows_of(row for part in parts for row in part.said["rows"]),
    )
