"""Acts that rest on papers: what an act demands is checked, tied to the act, and fixed once the act is decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry

from shared.errors import Invalid, WrongStatus
from shared.storage.attachment_tables import Attachment, AttachmentUse, Base
from shared.storage.papers import desk_id
from shared.storage.session import found, now
from shared.storage.versions import lock_shown, raise_version


@dataclass(frozen=True)
class Desk:
    """The papers of a desk in a district, which precede their record."""

    name: str
    district: str

    @property
    def id(self) -> UUID:
        return desk_id(self.name, self.district)


def record_id_of(owner: Any) -> UUID:
    """Return the id under which a row or a desk carries its papers."""
    if isinstance(owner, Desk):
        return owner.id
    key: UUID = inspect(type(owner)).primary_key_from_instance(owner)[0]
    return key


async def require(
    session: AsyncSession,
    ids: Sequence[UUID],
    owner: Any,
    *kinds: str,
    act: Any,
    final: bool = False,
    field: str = "/body/attachments",
) -> list[Attachment]:
    """Return the papers that an act names, tied to the act's row; with `final` the act is decided at once.

    Raises Invalid, naming the field, for an id that is not a present paper of the owner and of one of the kinds.
    """
    query = select(Attachment).where(Attachment.id.in_(ids), Attachment.record_id == record_id_of(owner))
    present = query.where(Attachment.removed_at.is_(None), Attachment.kind.in_(kinds)).order_by(Attachment.id)
    papers = list((await session.scalars(present.with_for_update())).all())
    if missing := [str(each) for each in ids if each not in {paper.id for paper in papers}]:
        raise Invalid(
            f"附件 {'、'.join(missing)} 不是本事项有效的附件（类别 {'、'.join(kinds)}），可能已被替换或撤回；"
            "请查询 GET /v1/attachments，或先用 POST /v1/attachments 上传",
            field=field,
        )
    at = now(session)
    await session.flush()
    for paper in papers:
        session.add(_use(paper, act.id, type(act).__tablename__, at, at if final else None))
    return papers


def _use(paper: Attachment, act_id: UUID, table: str, at: Any, decided_at: Any = None) -> AttachmentUse:
    return AttachmentUse(
        attachment_id=paper.id,
        act_id=act_id,
        act_table=table,
        district=paper.district,
        applicant_uscc=paper.applicant_uscc,
        used_at=at,
        decided_at=decided_at,
    )


def facts_of(papers: Iterable[Attachment]) -> dict[str, list[dict[str, str]]]:
    """Return id, kind and SHA-256 of each paper, for the record of the act."""
    return {"attachments": [{"id": str(each.id), "kind": each.kind, "sha256": each.sha256} for each in papers]}


async def decided(session: AsyncSession, act: Any) -> None:
    """Fix the papers of an act that was decided, whatever the decision."""
    open_uses = update(AttachmentUse).where(AttachmentUse.act_id == act.id, AttachmentUse.decided_at.is_(None))
    await session.execute(open_uses.values(decided_at=now(session)))


def is_fixed() -> ColumnElement[bool]:
    """Return the condition of the papers on which a decided act rests."""
    uses = AttachmentUse.attachment_id == Attachment.id
    return exists().where(uses, AttachmentUse.decided_at.is_not(None))


async def papers_of(session: AsyncSession, act_ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """Return the papers on which acts rest, by act, in order of upload, without those that were replaced."""
    query = (
        select(AttachmentUse.act_id, Attachment)
        .join(Attachment, Attachment.id == AttachmentUse.attachment_id)
        .where(AttachmentUse.act_id.in_(list(act_ids)), Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    )
    found: dict[UUID, list[Attachment]] = {}
    for act_id, paper in await session.execute(query):
        found.setdefault(act_id, []).append(paper)
    return found


@dataclass(frozen=True)
class Undecided:
    """The undecided acts that rest on a paper, and the records that show them, all locked."""

    uses: Sequence[AttachmentUse]
    shown: Sequence[Any]


async def undecided(session: AsyncSession, paper_id: UUID, mapped: registry | None) -> Undecided:
    """Return the acts that rest on a paper, locked after the records that show them, as a decision locks them.

    Raises WrongStatus when one of them was decided.
    """
    query = select(AttachmentUse).where(AttachmentUse.attachment_id == paper_id).order_by(AttachmentUse.act_id)
    shown: dict[int, Any] = {}
    for use in (await session.scalars(query)).all():
        if (model := _model_of(use.act_table, mapped)) is not None:
            records = await lock_shown(session, await found(session, model, use.act_id))
            shown |= {id(record): record for record in records}
    uses = (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()
    if any(use.decided_at is not None for use in uses):
        raise WrongStatus("以此附件为依据的事项已办结，附件不能再替换或撤回；如有误请另行办理更正，并附正确的附件")
    return Undecided(uses, tuple(shown.values()))


async def follow(session: AsyncSession, former: Iterable[Undecided], replacement: Attachment | None) -> None:
    """Let undecided acts rest on the replacement, and raise the version of what shows them."""
    former = list(former)
    if replacement is not None:
        for use in {use.act_id: use for each in former for use in each.uses}.values():
            session.add(_use(replacement, use.act_id, use.act_table, now(session)))
    for record in {id(record): record for each in former for record in each.shown}.values():
        if "version" in inspect(type(record)).columns:
            raise_version(record)


def _model_of(table: str, mapped: registry | None) -> type[Any] | None:
    """Return the mapped class of an act's table: one of the service, or one that every service has."""
    mappers = [*(mapped.mappers if mapped is not None else ()), *Base.registry.mappers]
    return next((each.class_ for each in mappers if getattr(each.local_table, "name", "") == table), None)
