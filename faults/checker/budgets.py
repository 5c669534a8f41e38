"""The ledger replayed in plain Python: each transfer from one command, none past a limit, refusals justified."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from faults.checker.effects import Classified, Effect, sends_back
from faults.checker.reading import Snapshot
from faults.model import budget
from faults.model.budget import Ledger, Transfer
from faults.model.history import Difference, Step
from faults.model.money import award_fen, fen
from faults.workload.log import Command

ACCOUNTS = ("budget", "award")
Posting = tuple[str, str, int]
"""Case (empty for the programme), purpose and amount in fen of a transfer."""


def compare(classified: Classified, snapshot: Snapshot) -> Iterator[Difference]:
    """Yield every difference between the ledger and the transfers of the accepted commands."""
    investments = {
        effect.case: effect.command.facts["investment_fen"]
        for effect in classified.effects
        if effect.command.act == "create_declaration"
    }
    expected: dict[Posting, Effect] = {}
    for effect in classified.effects:
        expected |= dict.fromkeys(_expected_transfers(effect, investments), effect)
    ledger = Ledger(snapshot.accounts)
    yield from ledger.replay(snapshot.transfers)
    yield from _unmatched(expected, snapshot.transfers)
    for number, account in ledger.accounts.items():
        if account.counters != snapshot.counters[number]:
            yield Difference(
                "drift",
                f"account {number} has counters {snapshot.counters[number]}, its transfers give {account.counters}",
            )
    histories = _budget_histories(ledger, snapshot.transfers, expected)
    for history in histories.values():
        yield from budget.out_of_order([step for step, _ in history])
    for command in classified.refused:
        if command.code in ("over_budget", "no_budget"):
            yield from _wrong_refusal(command, histories)


def _expected_transfers(effect: Effect, investments: dict[str, int]) -> Iterator[Posting]:
    """Yield the transfers that a command causes."""
    facts, act = effect.command.facts, effect.command.act
    if act == "confirm_budget":
        yield "", f"appropriation:{facts['year']}:{facts['document_no']}", facts["fen"]
    elif act == "approve_application":
        yield effect.case, "award:1", award_fen(investments[effect.case])
        yield from _on_both_accounts(effect.case, "reservation:approval", investments)
    elif act == "issue_plan":
        for case in facts["applications"]:
            yield from _on_both_accounts(case, "cancellation:approval", investments)
            yield from _on_both_accounts(case, "reservation:instalment-1", investments)
    elif act == "release_funds" and facts["again"]:
        yield effect.case, f"payment_again:{facts['request']}", award_fen(investments[effect.case])
    elif act == "release_funds":
        yield from _on_both_accounts(effect.case, "release:instalment-1", investments)
    elif act == "demand_clawback":
        yield effect.case, f"clawback:{facts['request']}", fen(facts["yuan"])
    elif act == "record_recovery":
        yield effect.case, "return:clawback", fen(facts["yuan"])
    elif act == "book_receipts" and sends_back(effect):
        yield facts["application"], "bank_return", award_fen(investments[facts["application"]])


def _on_both_accounts(case: str, purpose: str, investments: dict[str, int]) -> Iterator[Posting]:
    for side in ACCOUNTS:
        yield case, f"{purpose}:{side}", award_fen(investments[case])


def _key(transfer: Transfer) -> Posting:
    """Return the posting of a transfer. Some purposes end with a number of the suite, which no answer names."""
    numbered = (name for name in ("return:clawback", "bank_return") if transfer.purpose.startswith(f"{name}:"))
    return transfer.case, next(numbered, transfer.purpose), transfer.fen


def _unmatched(expected: dict[Posting, Effect], transfers: list[Transfer]) -> Iterator[Difference]:
    posted = Counter(map(_key, transfers))
    for key, effect in expected.items():
        if key not in posted:
            yield Difference("lost", f"{effect.command}: its transfer {key} is not in the ledger")
    for key, times in posted.items():
        if key not in expected:
            yield Difference("doubled", f"transfer {key} is in the ledger without an accepted command")
        elif times > 1:
            yield Difference("doubled", f"{expected[key].command}: its transfer {key} is in the ledger {times} times")


def _budget_histories(
    ledger: Ledger, transfers: list[Transfer], expected: dict[Posting, Effect]
) -> dict[int, list[tuple[Step, int]]]:
    """Return by year the acts that touched its budget, in the ledger's order, with the money left after each."""
    batches: dict[int, Any] = {}
    for transfer in transfers:
        effect = expected.get(_key(transfer))
        batches[transfer.batch] = effect.step() if effect else Step("a transfer without a command", "")
    histories: dict[int, list[tuple[Step, int]]] = defaultdict(list)
    for year, history in ledger.budgets.items():
        histories[year] = [(batches[batch], available) for batch, available in history]
    return histories


def _wrong_refusal(command: Command, histories: dict[int, list[tuple[Step, int]]]) -> Iterator[Difference]:
    step = Step(command.act, command.actor, {}, command.started, command.ended, str(command))
    year, needed = command.facts["year"], command.facts["fen"]
    if not budget.refused_rightly(histories.get(year, []), step, command.code, needed):
        yield Difference("code", f"{command}: the budget of {year} had {needed} fen left throughout")
