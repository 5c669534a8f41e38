"""Ledger statement of a case: its transfers in words with running balances. Pure. 三（二）"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.funding.ledger.postings import PAID, AccountCode, Kind, case_account
from shared.dates import BEIJING

ACTS = {
    "award": ("批复", "二（四）、三（二）"),
    "reservation": ("安排资金", "三（二）"),
    "release": ("拨付", "三（二）"),
    "cancellation": ("撤销安排", "三（二）"),
    "award_cut": ("核减批复", "四（一）1"),
    "clawback": ("应退资金", "四（一）1"),
    "return": ("退回到账", "四（一）1"),
    "bank_return": ("银行退票", "三（二）"),
    "payment_again": ("退票后重新拨付", "三（二）"),
    "bank_return_undone": ("更正误登的退票", "三（二）"),
}
ACCOUNTS = {
    AccountCode.AWARD: "批复额度",
    AccountCode.PAID_GRANT: "已拨投资补助",
    AccountCode.PAID_INTEREST_SUBSIDY: "已拨贷款贴息",
    AccountCode.CLAWBACK_RECEIVABLE: "应收退回资金",
    AccountCode.RETURNED: "已退回资金",
    AccountCode.BANK_RETURN: "银行退票待付",
    AccountCode.SOURCE: "财政安排",
    AccountCode.BUDGET: "年度预算",
    AccountCode.FROZEN: "已冻结预算",
    AccountCode.COMMITMENT: "项目承诺",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """Transfer of the case as stored in the ledger, amount in yuan."""

    seq: int
    id: UUID
    kind: int
    purpose: str
    debit_account: int
    credit_account: int
    amount: Decimal
    pending_id: UUID | None
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """Posting in words with the balances after it, in yuan."""

    seq: int
    transfer_id: UUID
    posted_on: date
    act: str
    purpose: str
    side: str
    amount_yuan: Decimal
    """Negative where a reservation is undone: it takes back what it moved."""
    debit: str
    credit: str
    clause: str
    reserved_change_yuan: Decimal
    net_paid_change_yuan: Decimal
    award_left_yuan: Decimal
    reserved_yuan: Decimal
    net_paid_yuan: Decimal
    due_back_yuan: Decimal
    returned_yuan: Decimal


def statement_entries(case_id: UUID, postings: Sequence[Posting]) -> Iterator[Entry]:
    """Yield each posting with the balances after it; `side` distinguishes the budget and award transfers of one act."""
    codes = {case_account(case_id, code): code for code in AccountCode if code >= AccountCode.AWARD}
    balances = {code: Decimal("0.00") for code in AccountCode}
    pending: dict[UUID, Decimal] = {}
    reserved = Decimal("0.00")
    for posting in postings:
        before = reserved, _net_paid(balances)
        debit, credit = (
            codes.get(account) or AccountCode(account % 100)
            for account in (posting.debit_account, posting.credit_account)
        )
        if debit is AccountCode.BUDGET:
            reserved += _reserved_change(posting, pending)
        if posting.kind in (Kind.DIRECT, Kind.POST):
            balances[debit] -= posting.amount
            balances[credit] += posting.amount
        yield _entry(posting, debit, credit, balances, reserved, before)


def _reserved_change(posting: Posting, pending: dict[UUID, Decimal]) -> Decimal:
    if posting.kind == Kind.PENDING:
        pending[posting.id] = posting.amount
        return posting.amount
    return -pending.pop(posting.pending_id) if posting.pending_id else Decimal(0)


def _net_paid(balances: dict[AccountCode, Decimal]) -> Decimal:
    return sum((balances[code] for code in PAID.values()), Decimal("0.00"))


def _entry(
    posting: Posting,
    debit: AccountCode,
    credit: AccountCode,
    balances: dict[AccountCode, Decimal],
    reserved: Decimal,
    before: tuple[Decimal, Decimal],
) -> Entry:
    act, clause = ACTS[posting.purpose.split(":")[0]]
    return Entry(
        seq=posting.seq,
        transfer_id=posting.id,
        posted_on=posting.posted_at.astimezone(BEIJING).date(),
        act=act,
        purpose=posting.purpose,
        side="额度" if AccountCode.AWARD in (debit, credit) else "资金",
        amount_yuan=-posting.amount if posting.kind == Kind.VOID else posting.amount,
        debit=ACCOUNTS[debit],
        credit=ACCOUNTS[credit],
        clause=clause,
        reserved_change_yuan=reserved - before[0],
        net_paid_change_yuan=_net_paid(balances) - before[1],
        award_left_yuan=balances[AccountCode.AWARD],
        reserved_yuan=reserved,
        net_paid_yuan=_net_paid(balances),
        due_back_yuan=balances[AccountCode.CLAWBACK_RECEIVABLE],
        returned_yuan=balances[AccountCode.RETURNED],
    )
