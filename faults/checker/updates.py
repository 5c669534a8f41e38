"""Updates by the topic: each that the broker accepted is answered once, in the order of its sender."""

from collections.abc import Iterator

from faults.checker.reading import Snapshot, UpdateAnswer
from faults.model.history import Difference
from faults.workload.answers import row_results
from faults.workload.log import Command, CommandLog


def is_update(command: Command) -> bool:
    return "topic" in command.facts


def compare(log: CommandLog, snapshot: Snapshot) -> Iterator[Difference]:
    """Yield updates that were lost, answered twice, never sent, or overtaken by a later one of the same sender."""
    sent = {command.key: command for command in log.commands if is_update(command)}
    for key, parts in snapshot.updates.items():
        if key not in sent:
            yield Difference("doubled", f"update {key} was answered but never sent")
        elif [part.data["part"] for part in parts] != list(range(1, parts[0].data["parts"] + 1)):
            yield Difference("doubled", f"{sent[key]}: answered in parts {[part.data['part'] for part in parts]}")
    latest: dict[str, tuple[int, Command]] = {}
    for key, command in sent.items():
        parts = snapshot.updates.get(key, [])
        if command.facts.get("sent") and not parts:
            yield Difference("lost", f"{command}: accepted by the broker, but never answered")
        elif parts and command.facts.get("sent") and not command.facts.get("sent_again"):
            yield from _overtaken(command, parts[0], latest)


def _overtaken(command: Command, first: UpdateAnswer, latest: dict[str, tuple[int, Command]]) -> Iterator[Difference]:
    """Check that no later update was answered first: a sender sends each one after the broker accepted the previous.

    Updates that a broker lost, and that were sent again, have no place in that order.
    """
    at, before = latest.get(command.actor, (0, command))
    if first.at < at:
        yield Difference("order", f"{command} was answered before {before}, which was sent earlier")
    latest[command.actor] = (first.at, command)


def outcome(parts: list[UpdateAnswer]) -> tuple[bool, str, list[list[object]]]:
    """Return whether an update was accepted, the code of its refusal, and the results of its rows."""
    problem = parts[0].data["problem"]
    return (
        problem is None,
        "" if problem is None else problem["code"],
        row_results(row for part in parts for row in part.data["rows"]),
    )
