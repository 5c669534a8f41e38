"""Every declared project against the model, in the three services that act on it, and in the one that follows."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.checker.effects import Effect, Outcome
from faults.checker.reading import BOOKS, Act, Found
from faults.model import application, declaration, papers, review
from faults.model.application import Application
from faults.model.declaration import Declaration
from faults.model.history import Apply, Difference, Replayed, Step, replay
from faults.model.papers import Paper
from faults.model.review import Review
from faults.workload.log import Command

Parked = set[tuple[str, str, str]]
"""Consumer, source and aggregate of what is parked."""
WANTS_MONEY = ("over_budget", "no_budget")
"""Refusals by the budget (budgets.py); the case itself must have allowed the act."""


@dataclass
class Told:
    """What was asked of one case in one service, and answered."""

    effects: list[Effect] = field(default_factory=list)
    refused: list[Command] = field(default_factory=list)


@dataclass
class Case:
    """A case of the model: its state in each service that has come to know it."""

    id: str
    declaration: Declaration
    review: Review | None = None
    application: Application | None = None


class Replay:
    """All cases, replayed one after the other."""

    def __init__(self, outcome: Outcome, found: Found, parked: Parked) -> None:
        self.found, self.parked = found, parked
        self.cases: list[Case] = []
        self.papers: dict[str, Paper] = {}
        self._told: dict[tuple[str, str], Told] = defaultdict(Told)
        self._created = [effect for effect in outcome.effects if effect.command.act == "create_declaration"]
        self._drafted = [effect for effect in outcome.effects if effect.command.act in ("draft_budget", "draft_plan")]
        for effect in outcome.effects:
            self._told[effect.command.service, effect.case].effects.append(effect)
            for entered in effect.command.said["applications"] if effect.command.act == "issue_plan" else ():
                self._told["funding", entered].effects.append(effect)
        for command in outcome.refused:
            self._told[command.service, command.case].refused.append(command)

    def run(self) -> Iterator[Difference]:
        """Where the suite's answers, records and announcements are not the model's."""
        for effect in self._created:
            yield from self._run_case(effect)
        for effect in self._drafted:
            self.papers[effect.case] = yield from self._replay("funding", effect.case, Paper(), papers.apply)
        for (service, identity), told in self._told.items():
            acts = [effect.command for effect in told.effects] + told.refused
            yield from (Difference("code", f"{act}: the model has no case {identity} in {service}")
                        for act in acts if act.act not in BOOKS)  # fmt: skip
        for service, identity in self.found.acts.keys() | self.found.events.keys():
            if service != "monitoring" and (self.found.acts[service, identity] or self.found.events[service, identity]):
                yield Difference("doubled", f"{identity} in {service}: nobody asked for what is on record of it")

    def _run_case(self, created: Effect) -> Iterator[Difference]:
        known, identity = created.command.said, created.case
        case = Case(identity, (yield from self._replay("intake", identity, Declaration(), declaration.apply)))
        self.cases.append(case)
        if "intake.declaration_forwarded.v1" not in case.declaration.events or self._is_parked("eligibility", identity):
            return
        opened = Review(known["eligible"], duties=case.declaration.duties)
        case.review = yield from self._replay("eligibility", identity, opened, review.apply)
        if "eligibility.pool_entered.v1" not in case.review.events or self._is_parked("funding", identity):
            return
        received = Application(known["investment_fen"], duties=case.review.duties)
        case.application = yield from self._replay("funding", identity, received, application.apply)

    def _is_parked(self, consumer: str, identity: str) -> bool:
        return any(key[0] == consumer and key[2] == identity for key in self.parked)

    def _replay(self, service: str, identity: str, first: Any, apply: Apply[Any]) -> Any:
        """The last state of a case in a service; yields differences in between."""
        key = (service, identity)
        told, acts, events = self._told.pop(key, Told()), self.found.acts.pop(key, []), self.found.events.pop(key, [])
        steps, unmatched = _in_order(service, identity, acts, told.effects)
        yield from unmatched
        refused = [(_step(command), "" if command.code in WANTS_MONEY else command.code) for command in told.refused]
        replayed: Replayed[Any] = replay(first, apply, steps, refused)
        yield from replayed.differences
        state = replayed.last
        yield from _recorded(service, identity, [(act.act, act.actor) for act in acts], state.acts, "acts")
        yield from _recorded(service, identity, events, state.events, "events")
        return state


def _recorded(
    service: str, identity: str, found: Sequence[Any], model: Sequence[Any], what: str
) -> Iterator[Difference]:
    if list(found) == list(model):
        return
    at = next((n for n, pair in enumerate(zip(found, model, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(found), len(model)) if at is None else at
    kind = "lost" if len(found) < len(model) else "doubled" if len(found) > len(model) else "order"
    here, there = (each[at] if at < len(each) else "nothing more" for each in (found, model))
    yield Difference(kind, f"{what} of {identity} in {service}: number {at + 1} is {here}; in the model {there}")


def _step(command: Command) -> Step:
    said = {**command.said, "request": command.said.get("request", "")}
    return Step(command.act, command.actor, said, command.started, command.ended, str(command))


def _in_order(
    service: str, identity: str, acts: Sequence[Act], effects: Sequence[Effect]
) -> tuple[list[Step], list[Difference]]:
    """The acts on record as steps, each with the command it came from, and what has no counterpart."""
    waiting: dict[tuple[str, str, str | None], deque[Effect]] = defaultdict(deque)
    for effect in sorted(effects, key=lambda effect: effect.command.started):
        name = "enter_plan" if effect.command.act == "issue_plan" and effect.case != identity else effect.command.act
        waiting[name, effect.command.actor, effect.command.said.get("kind")].append(effect)
    steps, differences, before = [], [], Act("", "", None, None)
    for act in acts:
        own = waiting[act.act, act.actor, act.kind]
        if act.actor.startswith("service:"):
            if act.act != "receive_application":
                steps.append(Step(act.act, act.actor, {"outcome": act.outcome}))
        elif own:
            steps.append(_of(own.popleft(), act.act))
        elif (act.act, before.act, before.actor) != ("hold_funds", "demand_clawback", act.actor):
            differences.append(
                Difference("doubled", f"{act.act} by {act.actor} on {identity} is one too many in {service}")
            )
        before = act
    left = [effect for several in waiting.values() for effect in several]
    differences += [Difference("lost", f"{effect.command}: acknowledged, and not on record") for effect in left]
    return steps, differences


def _of(effect: Effect, act: str) -> Step:
    """`request` is the request an act is about: named by the command, or made by it."""
    return effect.step(act, request=effect.command.said.get("request") or effect.answer)
