"""Budgets of the years, read from the ledger's balances and the confirmed documents. 三（二）"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.posting import NoAccount, OverBudget, balance
from services.funding.ledger.postings import AccountCode, programme_account
from shared.errors import DomainError
from shared.money import to_yuan


class NoBudget(DomainError):
    """No confirmed appropriation exists for the year. 三（二）"""

    status, code, title = 409, "no_budget", "该年度尚无预算"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Budget of a year in yuan. `reserved` is approved and `committed` is in an issued plan; neither is paid yet.

    `available` is `appropriated` and `moved_in` less `cut`, `moved_out`, `frozen`, `reserved`, `committed` and `paid`.
    `returned` is what came back in the year, which goes to the treasury (政府投资条例 art. 25).
    """

    appropriated: Decimal
    cut: Decimal
    moved_in: Decimal
    moved_out: Decimal
    frozen: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal
    returned: Decimal
    available: Decimal


async def require_budget(session: AsyncSession, year: int) -> None:
    """Raise NoBudget for a year without a confirmed appropriation."""
    try:
        await balance(session, programme_account(AccountCode.BUDGET, year))
    except NoAccount as unopened:
        raise NoBudget(f"{year} 年度预算尚未下达，请先由市级人员登记预算，再由另一名市级负责人确认") from unopened


async def refuse_over_budget(session: AsyncSession, year: int, yuan: Decimal, act: str, field: str) -> None:
    """Raise OverBudget, with the figures and the way out, for more than the free money of the year. 三（二）"""
    state = (await budget_states(session, [year])).get(year)
    if state is None:
        raise NoBudget(f"{year} 年度没有已确认的预算，不能{act}；请先登记并确认该年度预算")
    if yuan > state.available:
        held = state.reserved + state.committed
        raise OverBudget(
            f"{year} 年度可用 {state.available:,.2f} 元，{act} {yuan:,.2f} 元超出 {yuan - state.available:,.2f} 元："
            f"已批复未列计划 {state.reserved:,.2f} 元、已列计划未拨付 {state.committed:,.2f} 元、"
            f"已拨付 {state.paid:,.2f} 元、已冻结 {state.frozen:,.2f} 元。请减少金额，"
            + ("或先将未拨付的项目结转至其他年度、调减计划或终止，" if held else "")
            + ("或先解冻，" if state.frozen else "")
            + "或登记并确认追加预算",
            field=field,
            available_yuan=f"{state.available:.2f}",
        )


# The documents are read from their transfers: the rows of the city are out of a district's sight, the ledger is not.
_FIGURES = text("""
WITH moved AS (
    SELECT back, CASE WHEN back THEN split_part(purpose, ':', 2) ELSE split_part(purpose, ':', 1) END AS kind,
           CASE WHEN back THEN credit_account ELSE debit_account END AS giver,
           CASE WHEN back THEN debit_account ELSE credit_account END AS taker,
           CASE WHEN back THEN -amount ELSE amount END AS fen
    FROM (SELECT *, purpose LIKE 'reversal:%' AS back FROM funding_ledger.transfer WHERE document_id IS NOT NULL) t
), open AS (
    SELECT t.debit_account, split_part(split_part(t.purpose, ':', 2), '.', 1) = 'approval' AS reserved,
           sum(t.amount) AS fen
    FROM funding_ledger.transfer t
    WHERE t.debit_account = ANY (:accounts) AND t.kind = 1
      AND NOT EXISTS (SELECT FROM funding_ledger.resolution r WHERE r.pending_id = t.id)
    GROUP BY 1, 2
), back AS (
    SELECT extract(year FROM t.posted_at AT TIME ZONE 'Asia/Shanghai')::integer AS year, sum(t.amount) AS fen
    FROM funding_ledger.account a JOIN funding_ledger.transfer t ON t.credit_account = a.id
    WHERE a.code = 8 AND t.kind = 0 GROUP BY 1
)
SELECT b.fiscal_year,
       coalesce((SELECT sum(fen) FROM moved WHERE kind = 'appropriation' AND taker = b.id), 0),
       coalesce((SELECT sum(fen) FROM moved WHERE kind = 'cut' AND giver = b.id), 0),
       coalesce((SELECT sum(fen) FROM moved WHERE kind IN ('transfer', 'carry_over') AND taker = b.id), 0),
       coalesce((SELECT sum(fen) FROM moved WHERE kind IN ('transfer', 'carry_over') AND giver = b.id), 0),
       coalesce((SELECT credits_posted - debits_posted FROM funding_ledger.account
                 WHERE code = 9 AND fiscal_year = b.fiscal_year), 0),
       coalesce((SELECT fen FROM open WHERE debit_account = b.id AND reserved), 0),
       coalesce((SELECT fen FROM open WHERE debit_account = b.id AND NOT reserved), 0),
       coalesce((SELECT fen FROM back WHERE back.year = b.fiscal_year), 0),
       b.credits_posted - b.debits_posted - b.debits_pending
FROM funding_ledger.account b WHERE b.id = ANY (:accounts) ORDER BY 1
""").bindparams(bindparam("accounts", type_=ARRAY(BigInteger)))


async def budget_states(session: AsyncSession, years: Sequence[int]) -> Mapping[int, BudgetState]:
    """Return the budgets of those years that have one."""
    accounts = [programme_account(AccountCode.BUDGET, year) for year in years]
    rows = await session.execute(_FIGURES, {"accounts": accounts})
    return {int(year): _state(*(to_yuan(int(fen)) for fen in figures)) for year, *figures in rows}


def _state(
    up: Decimal,
    cut: Decimal,
    moved_in: Decimal,
    moved_out: Decimal,
    frozen: Decimal,
    reserved: Decimal,
    committed: Decimal,
    returned: Decimal,
    available: Decimal,
) -> BudgetState:
    """Return the state; what is neither free nor otherwise bound is paid."""
    paid = up - cut + moved_in - moved_out - frozen - reserved - committed - available
    return BudgetState(up, cut, moved_in, moved_out, frozen, reserved, committed, paid, returned, available)


_YEARS = text("SELECT fiscal_year FROM funding_ledger.account WHERE code = 2 ORDER BY 1")


async def budget_years(session: AsyncSession) -> list[int]:
    """Return the years that have a budget."""
    return [int(year) for year in await session.scalars(_YEARS)]
