"""Checks of a loan contract against its own drawdowns, repayments and extensions. Pure. 二（四）2"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from services.funding.interest.checks.scope import Scope, remark, yuan
from services.funding.interest.facts import Loan
from services.funding.interest.results import Remark
from services.funding.interest.steps import DAY, ZERO
from services.funding.rules.loans import contract_key
from shared.normal_forms import normal_identifier
from shared.policy.reference_rates import SHORT_TERM_MONTHS

LoanCheck = Callable[[Loan, Scope], Iterator[Remark]]


def principal(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield drawdowns above the contract, repayments above what was drawn, and amounts of nothing."""
    if loan.drawn_yuan > loan.principal_yuan:
        sentence = f"累计放款 {yuan(loan.drawn_yuan)} 大于合同金额 {yuan(loan.principal_yuan)}"
        yield remark("drawn_above_contract", loan, sentence, drawn=loan.drawn_yuan, contract=loan.principal_yuan)
    overpaid = _first_overpaid(loan)
    if overpaid is not None:
        yield remark("repaid_above_drawn", loan, f"截至 {overpaid} 累计还款大于累计放款", on=overpaid)
    for part in loan.movements:
        if part.amount_yuan <= 0:
            yield remark("amount_not_positive", loan, f"{part.on} 的放款或还款金额不大于零", on=part.on)


def _first_overpaid(loan: Loan) -> date | None:
    changes = [(drawdown.on, drawdown.amount_yuan) for drawdown in loan.drawdowns]
    changes += [(repayment.on, -repayment.amount_yuan) for repayment in loan.repayments]
    balance = ZERO
    for on in sorted({on for on, _ in changes}):
        balance += sum(amount for day, amount in changes if day == on)
        if balance < 0:
            return on
    return None


def rate_terms(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a contract whose rate cannot be told, or whose repricing contradicts its type or drawdown."""
    if loan.rate_type == "fixed" and loan.annual_rate is None:
        yield remark("rate_missing", loan, "固定利率合同没有年利率")
    if loan.rate_type == "floating" and loan.spread_bp is None:
        yield remark("rate_missing", loan, "浮动利率合同没有加点数")
    if loan.rate_type == "fixed" and loan.repricing_days:
        yield remark("fixed_repriced", loan, "固定利率合同登记了重定价日", on=loan.repricing_days[0])
    drawn = loan.first_drawn_on
    early = [day for day in loan.repricing_days if drawn is not None and day < drawn]
    if early:
        yield remark("repriced_before_drawdown", loan, f"重定价日 {early[0]} 早于首次放款日 {drawn}", on=early[0])


def tenor_and_currency(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a tenor other than that of the original term, another currency, and a share that is none."""
    by_term = "1Y" if loan.original_term_months <= SHORT_TERM_MONTHS else "5Y"
    if loan.tenor is not None and loan.tenor != by_term:
        sentence = f"合同载明参照 {loan.tenor} LPR，而原期限 {loan.original_term_months} 个月对应 {by_term}"
        yield remark("tenor_differs", loan, sentence, tenor=loan.tenor, months=loan.original_term_months)
    if loan.currency != "CNY":
        yield remark("other_currency", loan, f"贷款币种为 {loan.currency}，不是人民币", currency=loan.currency)
    if not Decimal(0) < loan.share <= 1:
        yield remark("share_out_of_range", loan, f"用于本项目的比例 {loan.share} 不在 0 与 1 之间", share=loan.share)
    if loan.settlement_day is not None and not 1 <= loan.settlement_day <= 31:
        yield remark("settlement_day_impossible", loan, f"结息日 {loan.settlement_day} 不存在", day=loan.settlement_day)


def days_of_principal(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield drawdowns and repayments in the future, and drawdowns after maturity."""
    for part in loan.movements:
        if part.on > scope.on:
            yield remark("principal_in_future", loan, f"放款或还款日 {part.on} 晚于今日", on=part.on)
    matures = loan.matures_on
    for drawdown in loan.drawdowns:
        if matures is not None and drawdown.on > matures:
            sentence = f"放款日 {drawdown.on} 晚于贷款到期日 {matures}"
            yield remark("drawn_after_maturity", loan, sentence, on=drawdown.on, matures_on=matures)


def extensions(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield an extension that does not begin the day after the maturity or the extension before it."""
    expected = loan.matures_on and loan.matures_on + DAY
    for extension in sorted(loan.extensions, key=lambda extension: extension.from_on):
        if expected is not None and extension.from_on != expected:
            sentence = f"展期自 {extension.from_on} 起，而原到期或上次展期后应自 {expected} 起"
            yield remark("extension_not_adjoining", loan, sentence, from_on=extension.from_on, expected=expected)
        expected = extension.to_on + DAY


def principal_vouchers(loan: Loan, scope: Scope) -> Iterator[Remark]:
    """Yield a voucher that stands for two drawdowns or repayments."""
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for part in loan.movements:
        spellings[normal_identifier(part.voucher_no)].append(part.voucher_no.strip())
    for identity, used in spellings.items():
        if identity and len(used) > 1:
            sentence = f"放款、还款凭证 {used[0]} 用了 {len(used)} 次"
            yield remark("principal_voucher_twice", loan, sentence, voucher=used[0])


def contracts_together(loans: Sequence[Loan]) -> Iterator[Remark]:
    """Yield a contract that is registered twice, however it is spelled."""
    seen: dict[tuple[str, str], Loan] = {}
    for loan in loans:
        first = seen.setdefault(contract_key(loan.bank, loan.contract_no), loan)
        if first is not loan:
            yield remark("contract_twice", loan, f"与已登记的合同 {first.contract_no} 为同一合同", other=first.id)


CONTRACT_CHECKS: Final[tuple[LoanCheck, ...]] = (
    principal, rate_terms, tenor_and_currency, days_of_principal, extensions, principal_vouchers,
)  # fmt: skip
