"""Transfers of budget documents: what each kind moves between source, budgets and frozen money. Pure. 三（二）"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.funding.ledger.postings import AccountCode, Kind, Transfer, programme_account, transfer_id
from shared.money import to_fen

_MOVES = {
    "appropriation": (AccountCode.SOURCE, AccountCode.BUDGET),
    "cut": (AccountCode.BUDGET, AccountCode.SOURCE),
    "transfer": (AccountCode.BUDGET, AccountCode.BUDGET),
    "carry_over": (AccountCode.BUDGET, AccountCode.BUDGET),
    "freeze": (AccountCode.BUDGET, AccountCode.FROZEN),
    "unfreeze": (AccountCode.FROZEN, AccountCode.BUDGET),
}


@dataclass(frozen=True, slots=True)
class Movement:
    """Accounts between which a document moves money; `year` belongs to the debited one, `to_year` to the credited."""

    debit: AccountCode
    year: int
    credit: AccountCode
    to_year: int

    @property
    def back(self) -> "Movement":
        """Return the movement of a reversal."""
        return Movement(self.credit, self.to_year, self.debit, self.year)

    @property
    def accounts(self) -> tuple[int, int]:
        """Return the ids of the debited and the credited account."""
        return _account(self.debit, self.year), _account(self.credit, self.to_year)


def movement(kind: str, year: int, to_year: int | None = None) -> Movement:
    """Return what a document of a kind moves; a reversal moves `back` what its original moved."""
    debit, credit = _MOVES[kind]
    return Movement(debit, year, credit, to_year or year)


def move_budget(kind: str, reference: str, yuan: Decimal, moved: Movement, document: UUID) -> list[Transfer]:
    """Return the transfer of a confirmed budget document, once for each document."""
    purpose = f"{kind}:{reference}"
    debit, credit = moved.accounts
    identity = transfer_id(document, purpose)
    return [Transfer(identity, Kind.DIRECT, to_fen(yuan), purpose, debit, credit, document=document)]


def appropriate(fiscal_year: int, yuan: Decimal, document_no: str, document: UUID) -> list[Transfer]:
    """Return the transfer that credits the budget of a year; `document` is the id of the appropriation."""
    moved = movement("appropriation", fiscal_year)
    return move_budget("appropriation", f"{fiscal_year}:{document_no}", yuan, moved, document)


def _account(code: AccountCode, year: int) -> int:
    return programme_account(code, None if code is AccountCode.SOURCE else year)
