"""Bank receipts of returned and recovered money are registered once, however they are spelled. 四（一）1"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.clawbacks import Recovery
from services.funding.models.returns import MoneyReturn
from shared.normal_forms import normal_identifier
from shared.storage.repeats import refuse_repeat


async def refuse_known_receipt(
    session: AsyncSession,
    kind: type[MoneyReturn | Recovery],
    application_id: UUID,
    receipt_no: str,
    yuan: Decimal,
    reason: str | None,
) -> None:
    """Refuse a receipt that the project has with this amount, and one that is used elsewhere without a reason."""
    for row in (MoneyReturn, Recovery):
        known = _standing(row, row.receipt_key == normal_identifier(receipt_no))
        same = and_(known, row.application_id == application_id, row.amount_yuan == yuan)
        await refuse_repeat(
            session,
            row,
            same=same if row is kind else false(),
            similar=known,
            reason=reason,
            field="/body/bank_receipt_no",
        )


def _standing(row: type[MoneyReturn | Recovery], known: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition without returns that did not arrive, which may be recorded again."""
    return and_(known, MoneyReturn.status != "rejected") if row is MoneyReturn else known
