"""Adding, replacing and withdrawing papers of a record."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import ROLES
from shared.attachments.quotas import Stored, check_quota
from shared.attachments.uploads import Upload
from shared.attachments.uses import Desk, Undecided, follow, is_fixed, record_id_of, undecided
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate, Forbidden, Invalid, NotFound
from shared.storage.attachment_tables import Attachment
from shared.storage.audit import Case, record_act
from shared.storage.papers import Carrier, Papers
from shared.storage.session import actor_of, found, locked, now

_RENAMED = "更正文件名"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:record, 15))")


@dataclass(frozen=True)
class Replacing:
    """The paper that an upload replaces, if any, and why."""

    paper_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Place:
    """Record to which a paper belongs: carrier, id, and the case with its readers."""

    carrier: Carrier
    record_id: UUID
    case: Case


async def place_of(session: AsyncSession, carrier: Carrier, record_id: UUID | None, district: str | None) -> Place:
    """Return the place of a new paper. Raises NotFound, also for a record out of sight, Invalid or Forbidden."""
    if carrier.model is None:
        return _desk_place(session, carrier, record_id, district or CITY)
    if record_id is None:
        raise Invalid(f"请用 record_id 给出“{carrier.label}”的标识", field="/query/record_id")
    row = await found(session, carrier.model, record_id)
    case_id: UUID = getattr(row, carrier.case)
    return Place(carrier, record_id_of(row), Case(case_id, row.district, getattr(row, "applicant_uscc", None)))


def _desk_place(session: AsyncSession, carrier: Carrier, record_id: UUID | None, district: str) -> Place:
    if record_id is not None:
        raise Invalid(f"“{carrier.label}”的附件不属于某一事项，请去掉 record_id", field="/query/record_id")
    if district not in actor_of(session).districts:
        raise Forbidden("该区不在您的管辖范围内；市级附件请不填 district", field="/query/district")
    desk = Desk(carrier.name, district)
    return Place(carrier, desk.id, Case(desk.id, district))


async def present_paper(session: AsyncSession, paper_id: UUID, *, lock: bool = False) -> Attachment:
    """Return a paper that was not withdrawn. Raises NotFound."""
    paper = await (locked if lock else found)(session, Attachment, paper_id)
    if paper.removed_at is not None:
        raise NotFound("没有这份有效附件，可能已被替换或撤回；请重新查询附件列表")
    return paper


async def add(
    session: AsyncSession, papers: Papers, place: Place, kind: str, upload: Upload, replacing: Replacing
) -> tuple[Attachment, bool]:
    """Return the paper, and whether it is new: the same content of the same kind under the same name is there already.

    The same content under another name replaces it, as the earlier name was wrong. Raises FileQuota, WrongStatus, and
    Duplicate where the content would replace another paper.
    """
    await session.execute(_LOCK, {"record": str(place.record_id)})
    same = await _same(session, place, kind, upload.received.sha256)
    if same is not None and same.filename == upload.filename:
        await _expect_no_other_replaced(session, same, replacing)
        return same, False
    former = await _former(session, place, kind, replacing, same)
    acts = [await retire(session, papers, each, why) for each, why in former.items()]
    await check_quota(session, _stored(place), upload.received.size_bytes)
    await upload.keep(session)
    paper = _row(session, place, kind, upload, next(iter(former)).id if former else None)
    session.add(paper)
    await session.flush()
    await follow(session, acts, paper)
    await _record(session, "add_attachment", paper, replacing.reason)
    return paper, True


def _stored(place: Place) -> Stored:
    """Return the files beside which a new one counts; at a desk, which never closes, those of decided acts do not."""
    here = Attachment.record_id == place.record_id
    if place.carrier.model is None:
        here = here & ~is_fixed()
    return Stored(Attachment, here, f"本{place.carrier.label}", "附件", place.case.applicant_uscc)


async def _same(session: AsyncSession, place: Place, kind: str, sha256: str) -> Attachment | None:
    query = select(Attachment).where(
        Attachment.record_id == place.record_id,
        Attachment.kind == kind,
        Attachment.sha256 == sha256,
        Attachment.removed_at.is_(None),
    )
    paper: Attachment | None = await session.scalar(query)
    return paper


async def _expect_no_other_replaced(session: AsyncSession, same: Attachment, replacing: Replacing) -> None:
    """Raise Duplicate if the upload names another present paper to be replaced by what is there already."""
    if replacing.paper_id in (None, same.id):
        return
    if (await found(session, Attachment, replacing.paper_id)).removed_at is None:
        raise Duplicate(f"同样的文件已是有效附件 {same.id}，未作替换；请撤回所要替换的附件", field="/query/replaces")


async def _former(
    session: AsyncSession, place: Place, kind: str, replacing: Replacing, same: Attachment | None
) -> dict[Attachment, str]:
    """Return the papers that the new one replaces, with the reason: the named one, and one of equal content."""
    former: dict[Attachment, str] = {}
    if replacing.paper_id is not None:
        named = await present_paper(session, replacing.paper_id)
        if named.record_id != place.record_id or named.kind != kind:
            raise NotFound("所替换的附件不是本事项同一类别的有效附件；请重新查询附件列表")
        if replacing.reason is None:
            raise Invalid("替换附件须以 reason 说明理由", field="/query/reason")
        former[named] = replacing.reason
    if same is not None and same not in former:
        former[same] = _RENAMED
    return former


async def retire(session: AsyncSession, papers: Papers, paper: Attachment, reason: str) -> Undecided:
    """Mark a paper as replaced or withdrawn and return the undecided acts that rest on it.

    Raises Forbidden for a paper of another party, WrongStatus once an act that rests on it was decided.
    """
    if paper.uploaded_role != actor_of(session).role:
        raise Forbidden(f"该附件由{ROLES[paper.uploaded_role]}上传，请由上传的一方替换或撤回")
    acts = await undecided(session, paper.id, papers.registry)
    paper = await present_paper(session, paper.id, lock=True)
    paper.removed_by, paper.removed_at, paper.removed_reason = actor_of(session).subject, now(session), reason
    await session.flush()
    return acts


async def withdraw(session: AsyncSession, papers: Papers, paper: Attachment, reason: str) -> None:
    """Withdraw a paper with a reason; row and content are kept, and undecided acts no longer rest on it."""
    await session.execute(_LOCK, {"record": str(paper.record_id)})
    acts = await retire(session, papers, paper, reason)
    await follow(session, [acts], None)
    await _record(session, "withdraw_attachment", paper, reason)


def _row(session: AsyncSession, place: Place, kind: str, upload: Upload, replaces: UUID | None) -> Attachment:
    at, actor = now(session), actor_of(session)
    return Attachment(
        id=uuid7(at),
        record=place.carrier.name,
        record_id=place.record_id,
        case_id=place.case.id,
        district=place.case.district,
        applicant_uscc=place.case.applicant_uscc,
        kind=kind,
        filename=upload.filename,
        media_type=upload.media_type,
        sha256=upload.received.sha256,
        size_bytes=upload.received.size_bytes,
        uploaded_by=actor.subject,
        uploaded_role=actor.role,
        uploaded_at=at,
        replaces=replaces,
    )


async def _record(session: AsyncSession, act: str, paper: Attachment, reason: str | None) -> None:
    case = Case(paper.case_id, paper.district, paper.applicant_uscc)
    told = {"attachment_id": str(paper.id), "kind": paper.kind, "sha256": paper.sha256, "filename": paper.filename}
    await record_act(session, act, case, reason=reason, **told)
