"""Model of the ledger: no account is overdrawn, no pending transfer is resolved twice. 三（二）"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faults.model.history import Difference, Step, inversions, window

DIRECT, PENDING, POST, VOID = range(4)
SOURCE, BUDGET, COMMITMENT, AWARD, PAID_GRANT, _, RECEIVABLE, RETURNED, _, BANK_RETURN = range(1, 11)
UNLIMITED = (SOURCE, COMMITMENT)
FLOWS = {
    "appropriation": (SOURCE, BUDGET), "award": (COMMITMENT, AWARD), "clawback": (PAID_GRANT, RECEIVABLE),
    "return": (RECEIVABLE, RETURNED), "bank_return": (PAID_GRANT, BANK_RETURN),
    "payment_again": (BANK_RETURN, PAID_GRANT), "budget": (BUDGET, PAID_GRANT), "award_side": (AWARD, COMMITMENT),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer of the ledger; `case` is empty for those of the programme."""

    id: str
    batch: int
    kind: int
    debit: int
    credit: int
    fen: int
    pending: str | None
    purpose: str
    case: str


@dataclass(slots=True)
class Account:
    """An account: code, year, case, limit in fen, and its four counters."""

    code: int
    year: int | None = None
    case: str = ""
    limit_fen: int | None = None
    debits_posted: int = 0
    debits_pending: int = 0
    credits_posted: int = 0
    credits_pending: int = 0

    @property
    def available(self) -> int:
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def counters(self) -> tuple[int, int, int, int]:
        return self.debits_posted, self.debits_pending, self.credits_posted, self.credits_pending

    def overdrawn(self) -> bool:
        over = self.limit_fen is not None and self.credits_posted + self.credits_pending > self.limit_fen
        return over or (self.code not in UNLIMITED and self.available < 0)


@dataclass
class Ledger:
    """The ledger replayed transfer by transfer; `budgets` holds what each year had left after each of its batches."""

    accounts: dict[int, Account]
    pending: dict[str, Transfer] = field(default_factory=dict)
    budgets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def replay(self, transfers: Sequence[Transfer]) -> Iterator[Difference]:
        """Apply all transfers in order; yield those that a correct ledger refuses."""
        for transfer in transfers:
            missing = {transfer.debit, transfer.credit} - set(self.accounts)
            if missing:
                yield Difference("drift", f"{describe(transfer)} moves between accounts that are not open: {missing}")
                continue
            yield from self._misdirected(transfer)
            yield from self._move(transfer)
            for number in (transfer.debit, transfer.credit):
                if self.accounts[number].overdrawn():
                    yield Difference("drift", f"{describe(transfer)} overdraws account {number}")
            self._keep_budget(transfer)

    def _misdirected(self, transfer: Transfer) -> Iterator[Difference]:
        act, *_, side = transfer.purpose.split(":")
        flow = FLOWS.get(act) or FLOWS["budget" if side == "budget" else "award_side"]
        codes = self.accounts[transfer.debit].code, self.accounts[transfer.credit].code
        if codes != flow:
            yield Difference("drift", f"{describe(transfer)} goes from {codes[0]} to {codes[1]}")

    def _move(self, transfer: Transfer) -> Iterator[Difference]:
        debit, credit = self.accounts[transfer.debit], self.accounts[transfer.credit]
        if transfer.kind == PENDING:
            self.pending[transfer.id] = transfer
            debit.debits_pending += transfer.fen
            credit.credits_pending += transfer.fen
            return
        if transfer.kind in (POST, VOID):
            held = self.pending.pop(transfer.pending or "", None)
            if (
                held is None
                or (held.debit, held.credit) != (transfer.debit, transfer.credit)
                or transfer.fen > held.fen
            ):
                yield Difference("drift", f"{describe(transfer)} resolves a transfer that is not pending")
                return
            debit.debits_pending -= held.fen
            credit.credits_pending -= held.fen
        if transfer.kind in (DIRECT, POST):
            debit.debits_posted += transfer.fen
            credit.credits_posted += transfer.fen

    def _keep_budget(self, transfer: Transfer) -> None:
        for number in (transfer.debit, transfer.credit):
            account = self.accounts[number]
            if account.code == BUDGET and account.year is not None:
                history = self.budgets.setdefault(account.year, [])
                if history and history[-1][0] == transfer.batch:
                    history.pop()
                history.append((transfer.batch, account.available))


def refused_rightly(history: Sequence[tuple[Step, int]], step: Step, code: str, needed_fen: int) -> bool:
    """Return whether a budget was missing or too small at some moment between a request and its refusal.

    `history` holds the acts on the budget in the ledger's order, with the money left after each.
    """
    low, high = window([each for each, _ in history], step)
    if code == "no_budget":
        return low == 0
    left = [0, *(available for _, available in history)]
    return any(available < needed_fen for available in left[low : high + 1])


def out_of_order(history: Sequence[Step]) -> Sequence[Difference]:
    """Return the acts on one budget that the ledger has in another order than time."""
    return inversions(history)


def describe(transfer: Transfer) -> str:
    return f"transfer {transfer.purpose} of {transfer.case or 'the programme'}"
