"""Effects of the commands, by their answers and by the answers stored under the idempotency keys."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from faults.checker import updates
from faults.checker.reading import Snapshot
from faults.model.history import Difference, Step
from faults.workload.answers import ANSWER_READERS, CREATING_ACTS
from faults.workload.log import NEVER, Command, CommandLog, Resend


@dataclass(frozen=True, slots=True)
class Effect:
    """A command that took effect; without an answer the time of its effect is unknown."""

    command: Command
    answer: object
    case: str
    ended: float

    def step(self, act: str = "", **more: object) -> Step:
        """Return the command as a step of the model."""
        facts = {**self.command.facts, **more}
        name = act or self.command.act
        return Step(name, self.command.actor, facts, self.command.started, self.ended, str(self.command))


def sends_back(effect: Effect) -> bool:
    """Return whether a receipt of a payment that the bank sent back was matched."""
    matched = isinstance(effect.answer, list) and effect.answer[0] == "matched"
    return effect.command.facts.get("result") == "returned" and matched


@dataclass(frozen=True)
class Classified:
    """Commands by outcome."""

    effects: list[Effect]
    refused: list[Command]
    differences: list[Difference]


def unanswered_but_stored(log: CommandLog, snapshot: Snapshot) -> dict[str, list[str]]:
    """Return by service the keys of commands that took effect without an answer."""
    keys: dict[str, list[str]] = {}
    for command in log.commands:
        if not command.accepted and command.key in snapshot.keys:
            keys.setdefault(command.service, []).append(command.key)
    return keys


def classify(log: CommandLog, snapshot: Snapshot, bodies: Mapping[str, bytes]) -> Classified:
    """Sort the commands by outcome; report acknowledged commands without a stored answer, and keys that nobody sent."""
    classified = Classified([], [], list(_unsent_keys(log, snapshot)))
    for command in log.commands:
        if updates.is_update(command):
            _classify_update(command, snapshot, classified)
            continue
        stored = snapshot.keys.get(command.key)
        if command.accepted:
            classified.effects.append(Effect(command, command.answer, command.case, command.ended))
            if stored is None:
                classified.differences.append(Difference("lost", f"{command}: acknowledged, but its key is not stored"))
            elif (stored.status, stored.digest) != (command.status, command.digest):
                classified.differences.append(Difference("code", f"{command}: the stored answer differs: {stored}"))
        elif stored is not None:
            classified.effects.append(_stored_effect(command, bodies[command.key]))
        elif command.status is not None:
            classified.refused.append(command)
    return classified


def _classify_update(command: Command, snapshot: Snapshot, classified: Classified) -> None:
    """Classify an update by its answer in the event log; the feed must have given the sender the same answer."""
    parts = snapshot.updates.get(command.key)
    if parts is None:
        return
    accepted, code, rows = updates.outcome(parts)
    received = (command.accepted, command.code, command.answer)
    if command.status is not None and received != (accepted, code, rows if accepted else None):
        classified.differences.append(Difference("code", f"{command}: the answer in the feed differs from the log"))
    if accepted:
        classified.effects.append(Effect(command, rows, command.case, command.ended))
    else:
        classified.refused.append(replace(command, code=code))


def _stored_effect(command: Command, body: bytes) -> Effect:
    answer = ANSWER_READERS[command.act](json.loads(body)) if command.act in ANSWER_READERS else None
    case = str(answer) if command.act in CREATING_ACTS else command.case
    return Effect(command, answer, case, NEVER)


def _unsent_keys(log: CommandLog, snapshot: Snapshot) -> Iterator[Difference]:
    asked = {command.key for command in log.commands}
    for key in sorted(snapshot.keys.keys() - asked):
        yield Difference("doubled", f"key {key} took effect but was never sent")


def compare_resends(log: CommandLog) -> Iterator[Difference]:
    """Yield the resends that were not answered as required."""
    commands = {command.number: command for command in log.commands}
    for resend in log.resends:
        command = commands[resend.number]
        if resend.kind == "same" and not _replayed_correctly(resend, command):
            yield Difference("doubled", f"{command}: the resend was not answered with the stored answer: {resend}")
        if resend.kind == "other" and (resend.status, resend.code) != (422, "idempotency_key_reused"):
            yield Difference("code", f"{command}: another body under its key was answered {resend}")


def _replayed_correctly(resend: Resend, command: Command) -> bool:
    return resend.replayed and (resend.status, resend.digest) == (command.status, command.digest)
