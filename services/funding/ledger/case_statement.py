"""The ledger entries of a case as an officer reads them, with running balances. Pure. 三（二）"""

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
}
ACCOUNTS = {
    AccountCode.AWARD: "批复额度",
    AccountCode.PAID_GRANT: "已拨投资补助",
    AccountCode.PAID_INTEREST_SUBSIDY: "已拨贷款贴息",
    AccountCode.CLAWBACK_RECEIVABLE: "应收退回资金",
    AccountCode.RETURNED: "已退回资金",
    AccountCode.SOURCE: "财政安排",
    AccountCode.BUDGET: "年度预算",
    AccountCode.COMMITMENT: "项目承诺",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer of the case, amount in yuan, as the ledger returns it."""

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
class Line:
    """A posting in words and what stands after it, in yuan."""

    seq: int
    transfer_id: UUID
    posted_on: date
    act: str
    purpose: str
    side: str
    amount_yuan: Decimal
    debit: str
    credit: str
    clause: str
    award_left_yuan: Decimal
    reserved_yuan: Decimal
    net_paid_yuan: Decimal
    due_back_yuan: Decimal
    returned_yuan: Decimal


def run(case_id: UUID, postings: Sequence[Posting]) -> Iterator[Line]:
    """Each posting with the balances after it. `side` tells apart the two halves of a reservation or release."""
    codes = {case_account(case_id, code): code for code in AccountCode if code >= AccountCode.AWARD}
    standing = {code: Decimal("0.00") for code in AccountCode}
    pending: dict[UUID, Decimal] = {}
    reserved = Decimal("0.00")
    for posting in postings:
        debit, credit = (
            codes.get(account) or AccountCode(account % 100)
            for account in (posting.debit_account, posting.credit_account)
        )
        if debit is AccountCode.BUDGET:
            reserved += _set_aside(posting, pending)
        if posting.kind in (Kind.DIRECT, Kind.POST):
            standing[debit] -= posting.amount
            standing[credit] += posting.amount
        yield _line(posting, debit, credit, standing, reserved)


def _set_aside(posting: Posting, pending: dict[UUID, Decimal]) -> Decimal:
    if posting.kind == Kind.PENDING:
        pending[posting.id] = posting.amount
        return posting.amount
    return -pending.pop(posting.pending_id) if posting.pending_id else Decimal(0)


def _line(
    posting: Posting, debit: AccountCode, credit: AccountCode, standing: dict[AccountCode, Decimal], reserved: Decimal
) -> Line:
    act, clause = ACTS[posting.purpose.split(":")[0]]
    return Line(
        seq=posting.seq,
        transfer_id=posting.id,
        posted_on=posting.posted_at.astimezone(BEIJING).date(),
        act=act,
        purpose=posting.purpose,
        side="额度" if AccountCode.AWARD in (debit, credit) else "资金",
        amount_yuan=posting.amount,
        debit=ACCOUNTS[debit],
        credit=ACCOUNTS[credit],
        clause=clause,
        award_left_yuan=standing[AccountCode.AWARD],
        reserved_yuan=reserved,
        net_paid_yuan=sum((standing[code] for code in PAID.values()), Decimal("0.00")),
        due_back_yuan=standing[AccountCode.CLAWBACK_RECEIVABLE],
        returned_yuan=standing[AccountCode.RETURNED],
    )
