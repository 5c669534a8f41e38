"""The ledger replayed in plain Python: each transfer from exactly one command, none past a limit, refusals right."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from faults.checker.effects import Effect, Outcome
from faults.checker.reading import Found
from faults.model import budget
from faults.model.budget import Ledger, Transfer
from faults.model.history import Difference, Step
from faults.model.money import award_fen, fen
from faults.workload.log import Command

SIDES = ("budget", "award")
Posted = tuple[str, str, int]
"""Case (empty for the programme), purpose and amount of a transfer."""


def compare(outcome: Outcome, found: Found) -> Iterator[Difference]:
    """Every difference between the ledger and what the accepted commands must have moved."""
    investments = {
        effect.case: effect.command.said["investment_fen"]
        for effect in outcome.effects
        if effect.command.act == "create_declaration"
    }
    made_by: dict[Posted, Effect] = {}
    for effect in outcome.effects:
        made_by |= dict.fromkeys(_posted(effect, investments), effect)
    ledger = Ledger(found.accounts)
    yield from ledger.replay(found.transfers)
    yield from _matched(made_by, found.transfers)
    for number, account in ledger.accounts.items():
        if account.counters != found.counters[number]:
            yield Difference(
                "drift", f"account {number} says {found.counters[number]}, its transfers {account.counters}"
            )
    courses = _courses(ledger, found.transfers, made_by)
    for course in courses.values():
        yield from budget.out_of_order([step for step, _ in course])
    for command in outcome.refused:
        if command.code in ("over_budget", "no_budget"):
            yield from _refused(command, courses)


def _posted(effect: Effect, investments: dict[str, int]) -> Iterator[Posted]:
    """What a command must have moved."""
    said, act = effect.command.said, effect.command.act
    if act == "confirm_budget":
        yield "", f"appropriation:{said['year']}:{said['document_no']}", said["fen"]
    elif act == "approve_application":
        yield effect.case, "award:1", award_fen(investments[effect.case])
        yield from _both(effect.case, "reservation:approval", investments)
    elif act == "issue_plan":
        for case in said["applications"]:
            yield from _both(case, "cancellation:approval", investments)
            yield from _both(case, "reservation:instalment-1", investments)
    elif act == "release_funds":
        yield from _both(effect.case, "release:instalment-1", investments)
    elif act == "demand_clawback":
        yield effect.case, f"clawback:{said['request']}", fen(said["yuan"])
    elif act == "record_recovery":
        yield effect.case, "return:clawback", fen(said["yuan"])


def _both(case: str, purpose: str, investments: dict[str, int]) -> Iterator[Posted]:
    for side in SIDES:
        yield case, f"{purpose}:{side}", award_fen(investments[case])


def _key(transfer: Transfer) -> Posted:
    """A recovery is known by a number of the suite's own, which nobody was told."""
    own = transfer.purpose.startswith("return:clawback:")
    return transfer.case, "return:clawback" if own else transfer.purpose, transfer.fen


def _matched(made_by: dict[Posted, Effect], transfers: list[Transfer]) -> Iterator[Difference]:
    posted = Counter(map(_key, transfers))
    for key, effect in made_by.items():
        if key not in posted:
            yield Difference("lost", f"{effect.command}: its transfer {key} is not in the ledger")
    for key, times in posted.items():
        if key not in made_by:
            yield Difference("doubled", f"transfer {key} is in the ledger, and nobody was told so")
        elif times > 1:
            yield Difference("doubled", f"{made_by[key].command}: its transfer {key} is in the ledger {times} times")


def _courses(
    ledger: Ledger, transfers: list[Transfer], made_by: dict[Posted, Effect]
) -> dict[int, list[tuple[Step, int]]]:
    """By year, the acts that touched its budget in the ledger's order, and what it had left after each."""
    batches: dict[int, Any] = {}
    for transfer in transfers:
        effect = made_by.get(_key(transfer))
        batches[transfer.batch] = effect.step() if effect else Step("a transfer of nobody's", "")
    courses: dict[int, list[tuple[Step, int]]] = defaultdict(list)
    for year, course in ledger.budgets.items():
        courses[year] = [(batches[batch], available) for batch, available in course]
    return courses


def _refused(command: Command, courses: dict[int, list[tuple[Step, int]]]) -> Iterator[Difference]:
    step = Step(command.act, command.actor, {}, command.started, command.ended, str(command))
    year, wanted = command.said["year"], command.said["fen"]
    if not budget.refused_rightly(courses.get(year, []), step, command.code, wanted):
        yield Difference("code", f"{command}: the budget of {year} had {wanted} fen left all the while")
