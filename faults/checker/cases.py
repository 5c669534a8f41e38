"""Every declared project against the model, in the three services that act on it."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.checker.effects import Classified, Effect, sends_back
from faults.checker.reading import REGISTERS, Act, Snapshot
from faults.model import application, declaration, documents, payment, review
from faults.model.application import Application
from faults.model.declaration import Declaration
from faults.model.documents import Document
from faults.model.history import Apply, Difference, Replayed, Step, replay
from faults.model.payment import Payment
from faults.model.review import Review
from faults.workload.log import Command

Parked = set[tuple[str, str, str]]
"""Consumer, source and aggregate of parked events."""
BUDGET_REFUSALS = ("over_budget", "no_budget")
"""Refusals for lack of money, checked in budgets.py; the state of the case must have allowed the act."""


@dataclass
class CaseCommands:
    """Commands on one case in one service: those with effect, and those refused."""

    effects: list[Effect] = field(default_factory=list)
    refused: list[Command] = field(default_factory=list)


@dataclass
class Case:
    """A case of the model: its state in each service that knows it."""

    id: str
    declaration: Declaration
    review: Review | None = None
    application: Application | None = None


class Replay:
    """Replay of all cases, one after the other."""

    def __init__(self, classified: Classified, snapshot: Snapshot, parked: Parked) -> None:
        self.snapshot, self.parked = snapshot, parked
        self.cases: list[Case] = []
        self.documents: dict[str, Document] = {}
        self.payments: dict[str, Payment] = {}
        self._commands: dict[tuple[str, str], CaseCommands] = defaultdict(CaseCommands)
        self._created = [effect for effect in classified.effects if effect.command.act == "create_declaration"]
        self._drafted = [
            effect for effect in classified.effects if effect.command.act in ("draft_budget", "draft_plan")
        ]
        for effect in classified.effects:
            self._commands[effect.command.service, effect.case].effects.append(effect)
            for touched in _touched(effect):
                self._commands["funding", touched].effects.append(effect)
        for command in classified.refused:
            self._commands[command.service, command.case].refused.append(command)
        every = [*(effect.command for effect in classified.effects), *classified.refused]
        self._releases = dict.fromkeys(command.case for command in every if command.act in payment.RULES)

    def run(self) -> Iterator[Difference]:
        """Yield every difference between the model and the suite's answers, acts and events."""
        for effect in self._created:
            yield from self._run_case(effect)
        for effect in self._drafted:
            self.documents[effect.case] = yield from self._replay("funding", effect.case, Document(), documents.apply)
        for release in self._releases:
            self.payments[release] = yield from self._replay("funding", release, Payment(), payment.apply)
        for (service, identity), commands in self._commands.items():
            acts = [effect.command for effect in commands.effects] + commands.refused
            yield from (Difference("code", f"{act}: the model has no case {identity} in {service}")
                        for act in acts if act.act not in REGISTERS)  # fmt: skip
        for service, identity in self.snapshot.acts.keys() | self.snapshot.events.keys():
            if service != "monitoring" and (
                self.snapshot.acts[service, identity] or self.snapshot.events[service, identity]
            ):
                yield Difference("doubled", f"{identity} in {service}: acts or events on record without a command")

    def _run_case(self, created: Effect) -> Iterator[Difference]:
        facts, identity = created.command.facts, created.case
        case = Case(identity, (yield from self._replay("intake", identity, Declaration(), declaration.apply)))
        self.cases.append(case)
        if "intake.declaration_forwarded.v1" not in case.declaration.events or self._is_parked("eligibility", identity):
            return
        opened = Review(facts["eligible"], duties=case.declaration.duties)
        case.review = yield from self._replay("eligibility", identity, opened, review.apply)
        if "eligibility.pool_entered.v1" not in case.review.events or self._is_parked("funding", identity):
            return
        received = Application(facts["investment_fen"], duties=case.review.duties)
        case.application = yield from self._replay("funding", identity, received, application.apply)

    def _is_parked(self, consumer: str, identity: str) -> bool:
        return any(key[0] == consumer and key[2] == identity for key in self.parked)

    def _replay(self, service: str, identity: str, first: Any, apply: Apply[Any]) -> Any:
        """Return the last state of a case in a service; yield differences."""
        key = (service, identity)
        commands, acts, events = (
            self._commands.pop(key, CaseCommands()),
            self.snapshot.acts.pop(key, []),
            self.snapshot.events.pop(key, []),
        )
        steps, unmatched = _in_order(service, identity, acts, commands.effects)
        yield from unmatched
        refused = [
            (_step(command), "" if command.code in BUDGET_REFUSALS else command.code) for command in commands.refused
        ]
        replayed: Replayed[Any] = replay(first, apply, steps, refused)
        yield from replayed.differences
        state = replayed.last
        yield from _recorded(service, identity, [(act.act, act.actor) for act in acts], state.acts, "acts")
        yield from _recorded(service, identity, events, state.events, "events")
        return state


def _recorded(
    service: str, identity: str, recorded: Sequence[Any], model: Sequence[Any], label: str
) -> Iterator[Difference]:
    if list(recorded) == list(model):
        return
    at = next((n for n, pair in enumerate(zip(recorded, model, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(recorded), len(model)) if at is None else at
    kind = "lost" if len(recorded) < len(model) else "doubled" if len(recorded) > len(model) else "order"
    here, there = (each[at] if at < len(each) else "nothing" for each in (recorded, model))
    yield Difference(kind, f"{label} of {identity} in {service}: number {at + 1} is {here}; in the model it is {there}")


def _step(command: Command) -> Step:
    facts = {**command.facts, "request": command.facts.get("request", "")}
    return Step(command.act, command.actor, facts, command.started, command.ended, str(command))


def _in_order(
    service: str, identity: str, acts: Sequence[Act], effects: Sequence[Effect]
) -> tuple[list[Step], list[Difference]]:
    """Return the recorded acts as steps, each with its command, and the acts and commands without a counterpart."""
    unmatched_effects: dict[tuple[str, str, str | None], deque[Effect]] = defaultdict(deque)
    for effect in sorted(effects, key=lambda effect: effect.command.started):
        name = effect.command.act if effect.case == identity else _ON_CASES[effect.command.act]
        unmatched_effects[name, effect.command.actor, effect.command.facts.get("kind")].append(effect)
    steps, differences, before = [], [], Act("", "", None, None)
    for act in acts:
        own = unmatched_effects[act.act, act.actor, act.kind]
        if act.actor.startswith("service:"):
            if act.act != "receive_application":
                steps.append(Step(act.act, act.actor, {"outcome": act.outcome}))
        elif own:
            steps.append(_of(own.popleft(), act.act))
        elif (act.act, before.act, before.actor) != ("hold_funds", "demand_clawback", act.actor):
            differences.append(
                Difference("doubled", f"{act.act} by {act.actor} on {identity} in {service} has no command")
            )
        before = act
    left = [effect for several in unmatched_effects.values() for effect in several]
    differences += [Difference("lost", f"{effect.command}: acknowledged, but not on record") for effect in left]
    return steps, differences


def _of(effect: Effect, act: str) -> Step:
    """Return the step of an effect. Its `request` is the one that the command names, or that it made."""
    return effect.step(act, request=effect.command.facts.get("request") or effect.answer, answer=effect.answer)


_ON_CASES = {"issue_plan": "enter_plan", "book_receipts": "note_sent_back"}
"""Acts that are recorded under another name with each project they touch."""


def _touched(effect: Effect) -> Sequence[str]:
    """Return the projects with which an act on a document is recorded."""
    if effect.command.act == "issue_plan":
        return list(effect.command.facts["applications"])
    return [effect.command.facts["application"]] if sends_back(effect) else []
