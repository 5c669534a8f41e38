"""The chart of accounts of the programme, and each act of 三（二） as the transfers it makes. Pure.

Money moves from the debited account to the credited one:

    source ─► budget of a year ─► paid to a case ─► clawback receivable ─► returned
    commitment ─► award of a case ─► commitment

The lower line is the obligation: an award is credited when it is approved (never past the cap of the case) and used
up by releases. A reservation therefore debits the budget and the award together, and a release posts both.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from hashlib import blake2b
from uuid import UUID, uuid5

from shared.money import to_fen

PROGRAMME = UUID("6f0d7c1e-2023-5012-8000-000000000012")
"""Namespace of transfer ids; stands for the case where a transfer belongs to no case."""

CASE_ACCOUNTS = 1 << 62


class Code(IntEnum):
    """What became of a transfer. OK and EXISTS mean that it stands in the ledger."""

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


class AccountCode(IntEnum):
    """Kinds of account. All but SOURCE and COMMITMENT can give no more than was credited to them."""

    SOURCE = 1
    BUDGET = 2
    COMMITMENT = 3
    AWARD = 4
    PAID_GRANT = 5
    PAID_INTEREST_SUBSIDY = 6
    CLAWBACK_RECEIVABLE = 7
    RETURNED = 8


PAID = {"grant": AccountCode.PAID_GRANT, "interest_subsidy": AccountCode.PAID_INTEREST_SUBSIDY}
"""Account of the payments by support mode: one of the two, never both. 二（四）"""


class Kind(IntEnum):
    """DIRECT moves at once; PENDING sets aside; POST and VOID resolve a pending transfer, once."""

    DIRECT = 0
    PENDING = 1
    POST = 2
    VOID = 3


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement in fen. POST and VOID take their accounts from `pending`; a POST of 0 fen posts the whole of it.

    `linked` ties it to the next one: a chain stands or falls whole. Raises ValueError when it could never be valid.
    """

    id: UUID
    kind: Kind
    amount_fen: int
    purpose: str
    debit: int | None = None
    credit: int | None = None
    pending: UUID | None = None
    case_id: UUID | None = None
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
    """An account to open. `limit_fen` caps what may ever be credited (only for an award)."""

    id: int
    code: AccountCode
    fiscal_year: int | None = None
    case_id: UUID | None = None
    limit_fen: int | None = None


def transfer_id(case_id: UUID, purpose: str) -> UUID:
    """The idempotency id: the same purpose of the same case is the same transfer, however often it is sent."""
    return uuid5(PROGRAMME, f"{case_id}/{purpose}")


def programme_account(code: AccountCode, fiscal_year: int | None = None) -> int:
    """Id of an account that belongs to no case: SOURCE, COMMITMENT, or the BUDGET of a fiscal year."""
    return (fiscal_year or 0) * 100 + code


def case_account(case_id: UUID, code: AccountCode) -> int:
    """Id of an account of one case: 62 bits of a digest, apart from the programme's; opening refuses a collision."""
    digest = blake2b(case_id.bytes + bytes([code]), digest_size=8).digest()
    return CASE_ACCOUNTS | int.from_bytes(digest, "big") >> 2


def programme_accounts(fiscal_year: int) -> list[Account]:
    """The accounts a fiscal year needs."""
    plain = [Account(programme_account(code), code) for code in (AccountCode.SOURCE, AccountCode.COMMITMENT)]
    budget = AccountCode.BUDGET
    return [*plain, Account(programme_account(budget, fiscal_year), budget, fiscal_year=fiscal_year)]


def case_accounts(case_id: UUID, mode: str, cap_yuan: Decimal) -> list[Account]:
    """The accounts of an approved case; `cap_yuan` is the policy's upper limit for one project. 二（四）1, 二（四）2"""
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


def appropriate(fiscal_year: int, yuan: Decimal, document: str) -> list[Transfer]:
    """Credit the budget of a year; `document` names the paper that grants it and makes the act unique."""
    purpose = f"appropriation:{fiscal_year}:{document}"
    source = programme_account(AccountCode.SOURCE)
    budget = programme_account(AccountCode.BUDGET, fiscal_year)
    return [Transfer(transfer_id(PROGRAMME, purpose), Kind.DIRECT, to_fen(yuan), purpose, source, budget)]


def award(case_id: UUID, yuan: Decimal, reference: str = "1") -> list[Transfer]:
    """Record the approved award (批复); refused past the cap of the case. 三（二）"""
    commitment = programme_account(AccountCode.COMMITMENT)
    return [_direct(case_id, f"award:{reference}", yuan, commitment, case_account(case_id, AccountCode.AWARD))]


def reduce_award(case_id: UUID, yuan: Decimal, reference: str) -> list[Transfer]:
    """Take back a part of the award that is neither reserved nor released."""
    commitment = programme_account(AccountCode.COMMITMENT)
    return [_direct(case_id, f"award_cut:{reference}", yuan, case_account(case_id, AccountCode.AWARD), commitment)]


def reserve(case_id: UUID, mode: str, fiscal_year: int, yuan: Decimal, reference: str) -> list[Transfer]:
    """Set money aside for a plan item (投资计划): from the year's budget and from the award, both or neither."""
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
    """Pay a reservation (下达), whole or, with `yuan`, in part; what is left over returns to budget and award."""
    return _resolve(case_id, Kind.POST, "release", reference, 0 if yuan is None else to_fen(yuan))


def cancel(case_id: UUID, reference: str) -> list[Transfer]:
    """Give up a reservation, or let it expire."""
    return _resolve(case_id, Kind.VOID, "cancellation", reference, 0)


def claw_back(case_id: UUID, mode: str, yuan: Decimal, reference: str) -> list[Transfer]:
    """Demand money back: never more than was paid to the case. 政府投资条例 art. 34"""
    receivable = case_account(case_id, AccountCode.CLAWBACK_RECEIVABLE)
    return [_direct(case_id, f"clawback:{reference}", yuan, case_account(case_id, PAID[mode]), receivable)]


def take_return(case_id: UUID, yuan: Decimal, reference: str) -> list[Transfer]:
    """Record money that came back to the treasury: never more than was demanded."""
    receivable = case_account(case_id, AccountCode.CLAWBACK_RECEIVABLE)
    return [_direct(case_id, f"return:{reference}", yuan, receivable, case_account(case_id, AccountCode.RETURNED))]


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
