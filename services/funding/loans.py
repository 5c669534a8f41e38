"""Search for a loan contract that is registered already, however it is spelled (二（四）2)."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.loans import Loan
from services.funding.rules.loans import contract_key
from shared.errors import Duplicate

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 13))")


async def check_unregistered(session: AsyncSession, bank: str, contract_no: str) -> None:
    """Check that no project has this contract: its interest would be subsidised twice. Raises Duplicate.

    Keys are compared at read, so that contracts of earlier versions are found too; registrations of one contract take
    turns.
    """
    key = contract_key(bank, contract_no)
    await session.execute(_LOCK, {"key": "|".join(key)})
    for loan in await session.execute(select(Loan.bank, Loan.contract_no, Loan.application_id)):
        if contract_key(loan.bank, loan.contract_no) == key:
            raise Duplicate(
                f"该贷款合同已登记为“{loan.bank}，{loan.contract_no}”（资金申请 {loan.application_id}），不得重复登记；"
                "确为另一合同的，请核对并按合同原件填写银行全称和编号",
                field="/body/contract_no",
            )
