"""Steps of other municipal money: repeated entries, and the event by which funding compares it (二（五）)."""

from sqlalchemy import and_, false, or_
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.municipal_funds import MunicipalFundingRecord
from services.intake.rules.duplicates import payment_key
from shared.contracts.intake import MunicipalMoneyRegistered
from shared.events.outbox import emit
from shared.normal_forms import normal_identifier
from shared.storage.repeats import refuse_repeat

_COPIED = (
    "district",
    "project_code",
    "entity_uscc",
    "entity_name",
    "amount_yuan",
    "funded_on",
    "source",
    "registered_by",
    "version",
    "title_certificate_no",
    "building_id",
    "address",
    "document_no",
)


async def refuse_repeated(session: AsyncSession, entry: MunicipalFundingRecord) -> None:
    """Refuse an entry that is registered, and one that uses a document, or repeats a payment, without a reason."""
    row = MunicipalFundingRecord
    others = and_(row.withdrawn_at.is_(None), row.id != entry.id)
    payment = and_(
        row.programme_id == entry.programme_id,
        row.entity_uscc == entry.entity_uscc,
        row.amount_yuan == entry.amount_yuan,
        row.funded_on == entry.funded_on,
    )
    document = row.document_form == normal_identifier(entry.document_no) if entry.document_no else false()
    await refuse_repeat(
        session,
        row,
        same=and_(others, row.payment_key == payment_key(entry)),
        similar=and_(others, or_(payment, document)),
        reason=entry.repeat_reason,
    )


async def announce(
    session: AsyncSession, kept: MunicipalFundingRecord, correction: str | None = None, by: str | None = None
) -> None:
    """Announce an entry that was registered or corrected."""
    said = {name: getattr(kept, name) for name in _COPIED}
    said |= {"record_id": kept.id, "programme": kept.programme_name, "works": tuple(kept.works)}
    await emit(
        session, MunicipalMoneyRegistered.model_validate({**said, "correction_reason": correction, "corrected_by": by})
    )
