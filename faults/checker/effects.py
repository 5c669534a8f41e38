"""Which commands took effect: by what was answered, and by the answers that the services keep under the keys."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from faults.checker import updates
from faults.checker.reading import Found
from faults.model.history import Difference, Step
from faults.workload.answers import CREATES, READS
from faults.workload.log import NEVER, Command, CommandLog, Resend


@dataclass(frozen=True, slots=True)
class Effect:
    """A command that took effect; one that nobody was told of may have done so at any time."""

    command: Command
    answer: object
    case: str
    ended: float

    def step(self, act: str = "", **more: object) -> Step:
        """The command as the model takes it."""
        said = {**self.command.said, **more}
        name = act or self.command.act
        return Step(name, self.command.actor, said, self.command.started, self.ended, str(self.command))


@dataclass(frozen=True)
class Outcome:
    """The commands sorted by what became of them."""

    effects: list[Effect]
    refused: list[Command]
    differences: list[Difference]


def unanswered_but_kept(log: CommandLog, found: Found) -> dict[str, list[str]]:
    """By service, the keys under which something was done although nobody was told so."""
    keys: dict[str, list[str]] = {}
    for command in log.commands:
        if not command.accepted and command.key in found.keys:
            keys.setdefault(command.service, []).append(command.key)
    return keys


def sort(log: CommandLog, found: Found, bodies: Mapping[str, bytes]) -> Outcome:
    """What became of each command. Names what was acknowledged and is not kept, and what is kept of nobody's asking."""
    outcome = Outcome([], [], list(_nobodys(log, found)))
    for command in log.commands:
        if updates.is_update(command):
            _sort_update(command, found, outcome)
            continue
        kept = found.keys.get(command.key)
        if command.accepted:
            outcome.effects.append(Effect(command, command.answer, command.case, command.ended))
            if kept is None:
                outcome.differences.append(Difference("lost", f"{command}: acknowledged, and no trace of its key"))
            elif (kept.status, kept.digest) != (command.status, command.digest):
                outcome.differences.append(Difference("code", f"{command}: kept is another answer, {kept}"))
        elif kept is not None:
            outcome.effects.append(_late(command, bodies[command.key]))
        elif command.status is not None:
            outcome.refused.append(command)
    return outcome


def _sort_update(command: Command, found: Found, outcome: Outcome) -> None:
    """An update counts by what the log says it was answered; whoever read that must have read the same."""
    parts = found.updates.get(command.key)
    if parts is None:
        return
    accepted, code, rows = updates.outcome(parts)
    told = (command.accepted, command.code, command.answer)
    if command.status is not None and told != (accepted, code, rows if accepted else None):
        outcome.differences.append(Difference("code", f"{command}: the feed had another answer than the log"))
    if accepted:
        outcome.effects.append(Effect(command, rows, command.case, command.ended))
    else:
        outcome.refused.append(replace(command, code=code))


def _late(command: Command, body: bytes) -> Effect:
    answer = READS[command.act](json.loads(body)) if command.act in READS else None
    case = str(answer) if command.act in CREATES else command.case
    return Effect(command, answer, case, NEVER)


def _nobodys(log: CommandLog, found: Found) -> Iterator[Difference]:
    asked = {command.key for command in log.commands}
    for key in sorted(found.keys.keys() - asked):
        yield Difference("doubled", f"key {key} took effect, and nobody sent it")


def resends(log: CommandLog) -> Iterator[Difference]:
    """Keys used again that were not answered as they must be."""
    commands = {command.number: command for command in log.commands}
    for resend in log.resends:
        command = commands[resend.number]
        if resend.kind == "same" and not _same(resend, command):
            yield Difference("doubled", f"{command}: sent again, it was not answered from what was kept: {resend}")
        if resend.kind == "other" and (resend.status, resend.code) != (422, "idempotency_key_reused"):
            yield Difference("code", f"{command}: another body under its key was answered {resend}")


def _same(resend: Resend, command: Command) -> bool:
    return resend.replayed and (resend.status, resend.digest) == (command.status, command.digest)
