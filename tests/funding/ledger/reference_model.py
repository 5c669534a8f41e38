"""Reference model of the ledger in plain Python: the expected code of every transfer."""

import random
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.funding.ledger.postings import ROUTES, AccountCode, Code, Kind, Transfer

Counters = list[int]
UNLIMITED = (AccountCode.SOURCE, AccountCode.COMMITMENT)
PROGRAMME = {AccountCode.SOURCE, AccountCode.BUDGET, AccountCode.FROZEN}
"""Accounts between which money moves on a budget document only."""
OVER = {AccountCode.BUDGET: Code.OVER_BUDGET, AccountCode.AWARD: Code.OVER_AWARD}


@dataclass(frozen=True)
class Terms:
    code: AccountCode
    ledger: int = 202312
    limit: int | None = None
    approved: int | None = None
    """Amount of the case's approval in fen, for an award."""


@dataclass
class Model:
    """Accounts with [debits posted, debits pending, credits posted, credits pending], transfers and resolutions.

    `documents` are the confirmed budget documents: debited and credited account and amount in fen.
    """

    terms: dict[int, Terms]
    documents: dict[UUID, tuple[int, int, int]]
    counters: dict[int, Counters] = field(default_factory=dict)
    transfers: dict[UUID, Transfer] = field(default_factory=dict)
    resolved: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.counters = {account: [0, 0, 0, 0] for account in self.terms}

    def send(self, batch: list[Transfer]) -> list[Code]:
        """Return the code of every transfer of a batch; a broken chain restores the state before it."""
        codes: list[Code] = []
        here: dict[UUID, int] = {}
        start = 0
        while start < len(batch):
            end = start
            while batch[end].linked and end + 1 < len(batch):
                end += 1
            codes += self._chain(batch, start, end, here, codes)
            start = end + 1
        return codes

    def _chain(
        self, batch: list[Transfer], start: int, end: int, here: dict[UUID, int], before: list[Code]
    ) -> list[Code]:
        kept = {key: [*value] for key, value in self.counters.items()}, {**self.transfers}, {*self.resolved}
        codes: list[Code] = []
        for position in range(start, end + 1):
            transfer = batch[position]
            first = here.setdefault(transfer.id, position)
            if first < position:
                same = replace(transfer, linked=False) == replace(batch[first], linked=False)
                code = ([*before, *codes][first]) if same else Code.ID_CONFLICT
            else:
                code = self._one(transfer)
            codes.append(code)
            if code > Code.EXISTS:
                if end > start:
                    self.counters, self.transfers, self.resolved = kept
                    codes = self._fallen(codes, batch, start, here)
                for later in range(position + 1, end + 1):
                    here.setdefault(batch[later].id, later)
                return codes + [Code.LINKED_FAILED] * (end - position)
        return codes

    @staticmethod
    def _fallen(codes: list[Code], batch: list[Transfer], start: int, here: dict[UUID, int]) -> list[Code]:
        own = [here[batch[start + k].id] >= start for k in range(len(codes))]
        return [Code.LINKED_FAILED if c is Code.OK and mine else c for c, mine in zip(codes, own, strict=True)]

    def _content(self, transfer: Transfer) -> tuple[object, ...]:
        amount: int | None = transfer.amount_fen
        if transfer.kind is Kind.VOID or (transfer.kind is Kind.POST and amount == 0):
            held = self.transfers.get(transfer.pending) if transfer.pending else None
            amount = held.amount_fen if held else None
        accounts = (transfer.debit, transfer.credit)
        return (transfer.kind, *accounts, amount, transfer.pending, transfer.case_id, transfer.document)

    def _same(self, one: Transfer, other: Transfer) -> bool:
        return self._content(one) == self._content(other)

    def _one(self, transfer: Transfer) -> Code:
        if transfer.id in self.transfers:
            return Code.EXISTS if self._same(transfer, self.transfers[transfer.id]) else Code.ID_CONFLICT
        code = self._move(transfer) if transfer.kind < Kind.POST else self._resolve(transfer)
        if code is Code.OK:
            self.transfers[transfer.id] = transfer
        return code

    def _move(self, transfer: Transfer) -> Code:
        debit, credit, fen = transfer.debit or 0, transfer.credit or 0, transfer.amount_fen
        if debit not in self.terms or credit not in self.terms:
            return Code.NO_ACCOUNT
        giver, taker = self.terms[debit], self.terms[credit]
        if giver.ledger != taker.ledger:
            return Code.LEDGER_MISMATCH
        if (giver.code, taker.code) not in ROUTES:
            return Code.NO_ROUTE
        spent_posted, spent_pending, got, _ = self.counters[debit]
        if giver.code not in UNLIMITED and spent_posted + spent_pending + fen > got:
            return OVER.get(giver.code, Code.OVER_BALANCE)
        if taker.limit is not None and sum(self.counters[credit][2:]) + fen > taker.limit:
            return Code.OVER_CAP
        if (granted := self._granted(transfer, giver, taker)) is None:
            return Code.NO_DOCUMENT
        if fen > granted:
            return Code.OVER_DOCUMENT
        side = 1 if transfer.kind is Kind.PENDING else 0
        self.counters[debit][side] += fen
        self.counters[credit][2 + side] += fen
        return Code.OK

    def _granted(self, transfer: Transfer, giver: Terms, taker: Terms) -> float | None:
        """Return what the transfer's document still grants, without end where none is due; None without a document."""
        if {giver.code, taker.code} <= PROGRAMME:
            debit, credit, fen = self.documents.get(transfer.document or UUID(int=0), (0, 0, 0))
            used = sum(each.amount_fen for each in self.transfers.values() if each.document == transfer.document)
            return fen - used if (transfer.debit, transfer.credit) == (debit, credit) else None
        if transfer.document is not None:
            return None
        if giver.code is AccountCode.COMMITMENT:
            return None if taker.approved is None else taker.approved - sum(self.counters[transfer.credit or 0][2:])
        return float("inf")

    def _resolve(self, transfer: Transfer) -> Code:
        held = self.transfers.get(transfer.pending) if transfer.pending else None
        if transfer.document is not None:
            return Code.NO_DOCUMENT
        if held is None or held.kind is not Kind.PENDING:
            return Code.PENDING_NOT_FOUND
        if held.id in self.resolved:
            return Code.ALREADY_RESOLVED
        fen = transfer.amount_fen or held.amount_fen
        if transfer.kind is Kind.POST and fen > held.amount_fen:
            return Code.AMOUNT_EXCEEDS_PENDING
        self.resolved.add(held.id)
        for account, side in ((held.debit or 0, 0), (held.credit or 0, 2)):
            self.counters[account][side + 1] -= held.amount_fen
            self.counters[account][side] += fen if transfer.kind is Kind.POST else 0
        return Code.OK


@dataclass(frozen=True)
class Variety:
    """Accounts, lawful pairs of accounts and documents of random transfers."""

    accounts: list[int]
    routes: list[tuple[int, int]]
    documents: list[UUID]
    granted: dict[tuple[int, int], list[UUID]]
    """Documents to try by pair of accounts."""


def random_batch(chance: random.Random, of: Variety, history: list[Transfer]) -> list[Transfer]:
    """Return up to 40 random transfers: new, repeated, with used ids and other content, and resolutions."""
    batch: list[Transfer] = []
    for _ in range(chance.randint(1, 40)):
        earlier = [*history[-150:], *batch]
        again = chance.choice(earlier) if earlier and chance.random() < 0.15 else _random_transfer(chance, of, earlier)
        batch.append(replace(again, linked=chance.random() < 0.2))
    history += batch
    return batch


def _random_transfer(chance: random.Random, of: Variety, earlier: list[Transfer]) -> Transfer:
    own = UUID(int=chance.getrandbits(128))
    if earlier and chance.random() < 0.03:
        own = chance.choice(earlier).id
    kind = Kind(chance.choices(range(4), (4, 4, 3, 1))[0])
    document = chance.choice(of.documents) if chance.random() < 0.02 else None
    if kind < Kind.POST:
        debit, credit = chance.choice(of.routes) if chance.random() < 0.8 else chance.sample(of.accounts, 2)
        if (debit, credit) in of.granted and chance.random() < 0.9:
            document = chance.choice(of.granted[debit, credit])
        fen = chance.choice((1, 10, 40, 90))
        return Transfer(own, kind, fen, "random", debit, credit, document=document)
    held = [transfer.id for transfer in earlier if transfer.kind is Kind.PENDING or chance.random() < 0.1] or [own]
    fen = chance.choice((0, 0, 5, 40, 91)) if kind is Kind.POST else 0
    return Transfer(own, kind, fen, "random", pending=chance.choice(held), document=document)
