"""Repeated entries of the register of public money. 二（五）, 四（二）2"""

from sqlalchemy import and_, false
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.public_money import PublicMoney
from services.funding.rules.public_money import entry_key
from shared.normal_forms import normal_identifier
from shared.storage.repeats import refuse_repeat


async def refuse_repeated(session: AsyncSession, entry: PublicMoney) -> None:
    """Refuse an entry that is registered already, and one that uses a document again without a reason."""
    others = and_(PublicMoney.withdrawn_at.is_(None), PublicMoney.id != entry.id)
    document = PublicMoney.document_key == normal_identifier(entry.document_no) if entry.document_no else false()
    await refuse_repeat(
        session,
        PublicMoney,
        same=and_(others, PublicMoney.entry_key == entry_key(entry)),
        similar=and_(others, document),
        reason=entry.repeat_reason,
    )
