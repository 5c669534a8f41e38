"""Calls of the ledger's SQL functions: open accounts, post transfers in the caller's transaction, read balances.

`funding_ledger.post_batch`, the only writer, enforces the rules: no budget without a confirmed appropriation, no award
above its approval or cap, no overdrawn budget, no reservation resolved twice. An act posts all its transfers in one
call, in its own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Integer, SmallInteger, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.postings import Account, Code, Transfer
from shared.errors import DomainError
from shared.money import to_yuan
from shared.storage.session import now

PROGRAMME_LEDGER = 202312
"""Ledger of 京发改规〔2023〕12号; each fiscal year is an account in it, because a project's cap spans years."""


class LedgerRefusal(DomainError):
    """Refusal of a transfer by the ledger; subclasses carry the code."""

    status, code, title = 409, "ledger_refusal", "资金台账拒绝记账"


class IdConflict(LedgerRefusal):
    """A transfer or account with this id exists with other content."""

    status, code, title = 409, "id_conflict", "同一业务编号已记入不同内容"


class NoAccount(LedgerRefusal):
    """The account is not open."""

    status, code, title = 409, "no_account", "账户尚未开立"


class LedgerMismatch(LedgerRefusal):
    """The two accounts belong to different ledgers."""

    status, code, title = 409, "ledger_mismatch", "借贷双方不属于同一账簿"


class OverBudget(LedgerRefusal):
    """The available budget of the year is below the amount. 三（二）"""

    status, code, title = 409, "over_budget", "超出年度预算余额"


class OverAward(LedgerRefusal):
    """The amount exceeds the rest of the approved award. 三（二）"""

    status, code, title = 409, "over_award", "超出批复金额余额"


class OverBalance(LedgerRefusal):
    """The amount exceeds the account: a clawback above the payments, or a return above the demand."""

    status, code, title = 409, "over_balance", "超出账户余额"


class OverCap(LedgerRefusal):
    """The award exceeds the limit for one project. 二（四）1, 二（四）2"""

    status, code, title = 409, "over_cap", "超出单个项目支持上限"


class NoRoute(LedgerRefusal):
    """Money does not move from the one account to the other."""

    status, code, title = 409, "no_route", "台账不允许在这两个账户之间记账"


class NoDocument(LedgerRefusal):
    """Money enters without a confirmed appropriation of the year, or an award without its approval. 三（二）"""

    status, code, title = 409, "no_document", "没有可以依据的已确认文件"


class OverDocument(LedgerRefusal):
    """The amount exceeds what the document grants and no posting has taken. 三（二）"""

    status, code, title = 409, "over_document", "超出所依据文件的金额"


class PendingNotFound(LedgerRefusal):
    """The reservation does not exist."""

    status, code, title = 409, "pending_not_found", "未找到对应的预留资金"


class AlreadyResolved(LedgerRefusal):
    """The reservation is released or cancelled already."""

    status, code, title = 409, "already_resolved", "该笔预留资金已拨付或已取消"


class AmountExceedsPending(LedgerRefusal):
    """The release exceeds its reservation."""

    status, code, title = 409, "amount_exceeds_pending", "拨付金额超出预留金额"


REFUSALS: dict[Code, type[LedgerRefusal]] = {
    Code.ID_CONFLICT: IdConflict,
    Code.NO_ACCOUNT: NoAccount,
    Code.LEDGER_MISMATCH: LedgerMismatch,
    Code.OVER_BUDGET: OverBudget,
    Code.OVER_AWARD: OverAward,
    Code.OVER_BALANCE: OverBalance,
    Code.OVER_CAP: OverCap,
    Code.PENDING_NOT_FOUND: PendingNotFound,
    Code.ALREADY_RESOLVED: AlreadyResolved,
    Code.AMOUNT_EXCEEDS_PENDING: AmountExceedsPending,
    Code.LINKED_FAILED: LedgerRefusal,
    Code.NO_ROUTE: NoRoute,
    Code.NO_DOCUMENT: NoDocument,
    Code.OVER_DOCUMENT: OverDocument,
}
WAYS_OUT: dict[Code, str] = {
    Code.OVER_BUDGET: "年度预算可用余额不足，请先登记并确认追加预算，或减少本批项目",
    Code.OVER_AWARD: "所需金额超过批复金额余额，请核对已安排和已拨付金额",
    Code.OVER_BALANCE: "金额超过账户余额，请核对已拨付、已决定追回和已收回金额",
    Code.OVER_CAP: "批复金额超过单个项目支持上限（二（四）），请重新拟办",
    Code.ALREADY_RESOLVED: "该笔预留资金已处理，请刷新后核对办理结果",
    Code.AMOUNT_EXCEEDS_PENDING: "拨付金额不得超过已安排金额，请核对拨付申请",
    Code.NO_DOCUMENT: "预算须依据本年度已确认的预算文件记账，批复额度须依据该项目的批复记账，请先办理文件",
    Code.OVER_DOCUMENT: "金额超过所依据文件尚未记账的金额，请核对文件金额和已记账金额",
}
"""Details for the refusals that an officer can act on."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Counters of an account in yuan."""

    debits_posted: Decimal
    debits_pending: Decimal
    credits_posted: Decimal
    credits_pending: Decimal

    @property
    def available(self) -> Decimal:
        """Posted credits less posted and pending debits: what may still be debited."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def held(self) -> Decimal:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted


def _array(name: str, of: Any) -> Any:
    return bindparam(name, type_=ARRAY(of))


_OPEN = text("SELECT funding_ledger.open_accounts(:ids, :ledger, :codes, :years, :cases, :limits, :at)").bindparams(
    _array("ids", BigInteger),
    bindparam("ledger", type_=Integer),
    _array("codes", SmallInteger),
    _array("years", SmallInteger),
    _array("cases", Uuid),
    _array("limits", BigInteger),
    bindparam("at", type_=DateTime(timezone=True)),
)

_POST = text(
    "SELECT funding_ledger.post_batch"
    "(:ids, :kinds, :debits, :credits, :amounts, :pendings, :linked, :purposes, :cases, :documents, :at)"
).bindparams(
    _array("ids", Uuid),
    _array("kinds", SmallInteger),
    _array("debits", BigInteger),
    _array("credits", BigInteger),
    _array("amounts", BigInteger),
    _array("pendings", Uuid),
    _array("linked", Boolean),
    _array("purposes", Text),
    _array("cases", Uuid),
    _array("documents", Uuid),
    bindparam("at", type_=DateTime(timezone=True)),
)

_BALANCE = text(
    "SELECT debits_posted, debits_pending, credits_posted, credits_pending FROM funding_ledger.account WHERE id = :id"
)


def columns(transfers: Sequence[Transfer]) -> list[list[Any]]:
    """Return the transfers as the parallel arrays that `post_batch` takes, in its order."""
    return [
        [t.id for t in transfers],
        [int(t.kind) for t in transfers],
        [t.debit for t in transfers],
        [t.credit for t in transfers],
        [t.amount_fen for t in transfers],
        [t.pending for t in transfers],
        [t.linked for t in transfers],
        [t.purpose for t in transfers],
        [t.case_id for t in transfers],
        [t.document for t in transfers],
    ]


async def open_accounts(
    session: AsyncSession, accounts: Sequence[Account], *, ledger: int = PROGRAMME_LEDGER
) -> list[Code]:
    """Open accounts that are not open yet. Raises IdConflict for an id open with another cap or case."""
    terms = {
        "ids": [account.id for account in accounts],
        "ledger": ledger,
        "codes": [int(account.code) for account in accounts],
        "years": [account.fiscal_year for account in accounts],
        "cases": [account.case_id for account in accounts],
        "limits": [account.limit_fen for account in accounts],
        "at": now(session),
    }
    codes = [Code(code) for code in await session.scalar(_OPEN, terms) or ()]
    if Code.ID_CONFLICT in codes:
        raise IdConflict("账户已按其他条件开立", account=accounts[codes.index(Code.ID_CONFLICT)].id)
    return codes


async def try_post(session: AsyncSession, transfers: Sequence[Transfer], at: datetime) -> list[Code]:
    """Post the transfers that the rules allow and return the code of each; refused ones leave no trace."""
    names = ("ids", "kinds", "debits", "credits", "amounts", "pendings", "linked", "purposes", "cases", "documents")
    codes = await session.scalar(_POST, {**dict(zip(names, columns(transfers), strict=True)), "at": at})
    return [Code(code) for code in codes or ()]


async def post(session: AsyncSession, transfers: Sequence[Transfer]) -> list[Code]:
    """Post all transfers in the caller's transaction, or raise the LedgerRefusal of the first refused one.

    Transfers posted before answer EXISTS and change nothing. Post last in the transaction, because the budget row stays
    locked until commit, and once, because a second call locks accounts out of order.
    """
    codes = await try_post(session, transfers, now(session))
    refuse(transfers, codes)
    return codes


def refuse(transfers: Sequence[Transfer], codes: Sequence[Code]) -> None:
    """Raise the refusal of the first refused transfer, in a chain that of the transfer that broke it."""
    refused = [(code, transfer) for code, transfer in zip(codes, transfers, strict=True) if code > Code.EXISTS]
    if refused:
        code, transfer = min(refused, key=lambda pair: pair[0] is Code.LINKED_FAILED)
        raise REFUSALS[code](WAYS_OUT.get(code, ""), purpose=transfer.purpose, transfer_id=str(transfer.id))


async def balance(session: AsyncSession, account: int) -> Balance:
    """Return the counters of an account. Raises NoAccount."""
    row = (await session.execute(_BALANCE, {"id": account})).one_or_none()
    if row is None:
        raise NoAccount(account=account)
    return Balance(*(to_yuan(fen) for fen in row))


async def entries(session: AsyncSession, case_id: UUID) -> list[dict[str, Any]]:
    """Return every transfer of a case in posting order, amounts in yuan."""
    rows = await session.execute(
        text(
            "SELECT seq, id, kind, purpose, debit_account, credit_account, amount, pending_id, posted_at"
            " FROM funding_ledger.transfer WHERE case_id = :case_id ORDER BY seq"
        ),
        {"case_id": case_id},
    )
    return [{**row, "amount": to_yuan(row["amount"])} for row in rows.mappings()]
