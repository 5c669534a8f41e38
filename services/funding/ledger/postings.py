"""Chart of accounts of the programme, and the transfers of each act of 三（二）. Pure.

Money moves from the debited account to the credited one:

    source ─► budget of a year ─► paid to a case ─► clawback receivable ─► returned
    source ◄─ budget of a year ◄─► frozen money of the year; budget of a year ─► budget of another year
                                  paid to a case ◄─► sent back by the bank (退票), to be paid again
    commitment ─► award of a case ─► commitment

The lowest line is the obligation: approval credits the award (at most to the cap of the case), releases debit it.
A reservation therefore debits budget and award together, and a release posts both.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from hashlib import blake2b
from uuid import UUID, uuid5

from shared.money import to_fen

PROGRAMME = UUID("6f0d7c1e-2023-5012-8000-000000000012")
"""Namespace of transfer ids; replaces the case id of a transfer that belongs to no case."""

CASE_ACCOUNTS = 1 << 62


class Code(IntEnum):
    """Result of a transfer; OK and EXISTS mean that the ledger holds it."""

    OK = 0
    EXISTS = 1
    ID_CONFLICT = 2
    NO_ACCOUNT = 3
    LEDGER_MISMATCH = 4
    OVER_BUDGET = 5
    OVER_AWARD = 6
    OVER_BALANCE = 7
    OVER_CAP = 8
    PENDING_NOT_FOUND = 9
    ALREADY_RESOLVED = 10
    AMOUNT_EXCEEDS_PENDING = 11
    LINKED_FAILED = 12
    NO_ROUTE = 13
    NO_DOCUMENT = 14
    OVER_DOCUMENT = 15


class AccountCode(IntEnum):
    """Kind of an account; all but SOURCE and COMMITMENT can be debited at most by their credits."""

    SOURCE = 1
    BUDGET = 2
    COMMITMENT = 3
    AWARD = 4
    PAID_GRANT = 5
    PAID_INTEREST_SUBSIDY = 6
    CLAWBACK_RECEIVABLE = 7
    RETURNED = 8
    FROZEN = 9
    BANK_RETURN = 10


ROUTES = frozenset(
    {
        (AccountCode.SOURCE, AccountCode.BUDGET),
        (AccountCode.BUDGET, AccountCode.SOURCE),
        (AccountCode.BUDGET, AccountCode.BUDGET),
        (AccountCode.BUDGET, AccountCode.FROZEN),
        (AccountCode.FROZEN, AccountCode.BUDGET),
        (AccountCode.COMMITMENT, AccountCode.AWARD),
        (AccountCode.AWARD, AccountCode.COMMITMENT),
        (AccountCode.BUDGET, AccountCode.PAID_GRANT),
        (AccountCode.BUDGET, AccountCode.PAID_INTEREST_SUBSIDY),
        (AccountCode.PAID_GRANT, AccountCode.CLAWBACK_RECEIVABLE),
        (AccountCode.PAID_INTEREST_SUBSIDY, AccountCode.CLAWBACK_RECEIVABLE),
        (AccountCode.CLAWBACK_RECEIVABLE, AccountCode.RETURNED),
        (AccountCode.PAID_GRANT, AccountCode.BANK_RETURN),
        (AccountCode.PAID_INTEREST_SUBSIDY, AccountCode.BANK_RETURN),
        (AccountCode.BANK_RETURN, AccountCode.PAID_GRANT),
        (AccountCode.BANK_RETURN, AccountCode.PAID_INTEREST_SUBSIDY),
    }
)
"""Debited and credited account of every lawful transfer; the ledger refuses others."""

PAID = {"grant": AccountCode.PAID_GRANT, "interest_subsidy": AccountCode.PAID_INTEREST_SUBSIDY}
"""Account of payments by support mode, of which a case has exactly one. 二（四）"""


class Kind(IntEnum):
    """Kind of a transfer: DIRECT moves money, PENDING reserves it, POST and VOID resolve one PENDING transfer."""

    DIRECT = 0
    PENDING = 1
    POST = 2
    VOID = 3


@dataclass(frozen=True, slots=True)
class Transfer:
    """Movement in fen. POST and VOID take their accounts from `pending`; a POST of 0 fen posts its whole amount.

    `document` is the confirmed budget document on which the programme's own money moves; other transfers name none.
    `linked` chains it to the next transfer: all of a chain are posted, or none. Raises ValueError for invalid fields.
    """

    id: UUID
    kind: Kind
    amount_fen: int
    purpose: str
    debit: int | None = None
    credit: int | None = None
    pending: UUID | None = None
    case_id: UUID | None = None
    document: UUID | None = None
    linked: bool = False

    def __post_init__(self) -> None:
        if self.kind >= Kind.POST:
            valid = self.pending is not None and self.debit is None and self.credit is None and self.amount_fen >= 0
        else:
            accounts = self.debit is not None and self.credit is not None and self.debit != self.credit
            valid = self.pending is None and accounts and self.amount_fen > 0
        if not valid:
            raise ValueError(f"not a transfer: {self}")


@dataclass(frozen=True, slots=True)
class Account:
    """Account to open; `limit_fen` caps the credits of an award."""

    id: int
    code: AccountCode
    fiscal_year: int | None = None
    case_id: UUID | None = None
    limit_fen: int | None = None


def transfer_id(case_id: UUID, purpose: str) -> UUID:
    """Return the idempotent id of a transfer, derived from its case and purpose."""
    return uuid5(PROGRAMME, f"{case_id}/{purpose}")


def programme_account(code: AccountCode, fiscal_year: int | None = None) -> int:
    """Return the id of an account without a case: SOURCE, COMMITMENT, or BUDGET and FROZEN of a fiscal year."""
    return (fiscal_year or 0) * 100 + code


def case_account(case_id: UUID, code: AccountCode) -> int:
    """Return the id of a case's account: 62 bits of a digest, disjoint from programme ids."""
    digest = blake2b(case_id.bytes + bytes([code]), digest_size=8).digest()
    return CASE_ACCOUNTS | int.from_bytes(digest, "big") >> 2


def programme_accounts(fiscal_year: int) -> list[Account]:
    """Return the programme accounts that a fiscal year needs."""
    plain = [Account(programme_account(code), code) for code in (AccountCode.SOURCE, AccountCode.COMMITMENT)]
    yearly = (AccountCode.BUDGET, AccountCode.FROZEN)
    return [*plain, *(Account(programme_account(code, fiscal_year), code, fiscal_year=fiscal_year) for code in yearly)]


def case_accounts(case_id: UUID, mode: str, cap_yuan: Decimal) -> list[Account]:
    """Return the accounts of an approved case; `cap_yuan` is the limit for one project. 二（四）1, 二（四）2"""
    codes = (AccountCode.AWARD, PAID[mode], AccountCode.CLAWBACK_RECEIVABLE, AccountCode.RETURNED)
    return [
        Account(
            case_account(case_id, code),
            code,
            case_id=case_id,
            limit_fen=to_fen(cap_yuan) if code is AccountCode.AWARD else None,
        )
        for code in codes
    ]


def award(case_id: UUID, yuan: Decimal, reference: str = "1") -> list[Transfer]:
    """Return the transfer that records the approved award (批复), at most the cap of the case. 三（二）"""
    commitment = programme_account(AccountCode.COMMITMENT)
    return [_direct(case_id, f"award:{reference}", yuan, commitment, case_account(case_id, AccountCode.AWARD))]


def reduce_award(case_id: UUID, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer that cuts the award by a part neither reserved nor released. 四（一）1"""
    commitment = programme_account(AccountCode.COMMITMENT)
    return [_direct(case_id, f"award_cut:{reference}", yuan, case_account(case_id, AccountCode.AWARD), commitment)]


def reserve(case_id: UUID, mode: str, fiscal_year: int, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the chained transfers that reserve money of the year's budget and of the award. 三（二）"""
    sides = {
        "budget": (programme_account(AccountCode.BUDGET, fiscal_year), case_account(case_id, PAID[mode])),
        "award": (case_account(case_id, AccountCode.AWARD), programme_account(AccountCode.COMMITMENT)),
    }
    return [
        Transfer(
            transfer_id(case_id, f"reservation:{reference}:{side}"),
            Kind.PENDING,
            to_fen(yuan),
            f"reservation:{reference}:{side}",
            debit,
            credit,
            case_id=case_id,
            linked=side == "budget",
        )
        for side, (debit, credit) in sides.items()
    ]


def release(case_id: UUID, reference: str, yuan: Decimal | None = None) -> list[Transfer]:
    """Return the transfers that pay a reservation, whole or in part; the rest returns to budget and award. 三（二）"""
    return _resolve(case_id, Kind.POST, "release", reference, 0 if yuan is None else to_fen(yuan))


def cancel(case_id: UUID, reference: str) -> list[Transfer]:
    """Return the transfers that cancel a reservation."""
    return _resolve(case_id, Kind.VOID, "cancellation", reference, 0)


def claw_back(case_id: UUID, mode: str, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer that demands money back, at most what was paid to the case. 政府投资条例 art. 34"""
    receivable = case_account(case_id, AccountCode.CLAWBACK_RECEIVABLE)
    return [_direct(case_id, f"clawback:{reference}", yuan, case_account(case_id, PAID[mode]), receivable)]


def receive_return(case_id: UUID, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer that records money received back, at most what was demanded. 四（一）1"""
    receivable = case_account(case_id, AccountCode.CLAWBACK_RECEIVABLE)
    return [_direct(case_id, f"return:{reference}", yuan, receivable, case_account(case_id, AccountCode.RETURNED))]


def bank_return_account(case_id: UUID) -> Account:
    """Return the account of money that the bank sent back (退票); a case opens it with its first such payment."""
    return Account(case_account(case_id, AccountCode.BANK_RETURN), AccountCode.BANK_RETURN, case_id=case_id)


def send_back(case_id: UUID, mode: str, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer of a payment that the bank sent back (退票): it waits to be paid again. 三（二）"""
    waiting = case_account(case_id, AccountCode.BANK_RETURN)
    return [_direct(case_id, f"bank_return:{reference}", yuan, case_account(case_id, PAID[mode]), waiting)]


def pay_again(case_id: UUID, mode: str, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer that pays money again which the bank sent back, at most what waits. 三（二）"""
    waiting = case_account(case_id, AccountCode.BANK_RETURN)
    return [_direct(case_id, f"payment_again:{reference}", yuan, waiting, case_account(case_id, PAID[mode]))]


def undo_send_back(case_id: UUID, mode: str, yuan: Decimal, reference: str) -> list[Transfer]:
    """Return the transfer that corrects a returned payment which the bank in fact had made. 三（二）"""
    waiting = case_account(case_id, AccountCode.BANK_RETURN)
    return [_direct(case_id, f"bank_return_undone:{reference}", yuan, waiting, case_account(case_id, PAID[mode]))]


def _direct(case_id: UUID, purpose: str, yuan: Decimal, debit: int, credit: int) -> Transfer:
    return Transfer(transfer_id(case_id, purpose), Kind.DIRECT, to_fen(yuan), purpose, debit, credit, case_id=case_id)


def _resolve(case_id: UUID, kind: Kind, act: str, reference: str, fen: int) -> list[Transfer]:
    return [
        Transfer(
            transfer_id(case_id, f"{act}:{reference}:{side}"),
            kind,
            fen,
            f"{act}:{reference}:{side}",
            pending=transfer_id(case_id, f"reservation:{reference}:{side}"),
            case_id=case_id,
            linked=side == "budget",
        )
        for side in ("budget", "award")
    ]
