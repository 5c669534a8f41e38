"""Quotas of stored files: of one party in a record, and of all files that an owner ever stored in the service."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import DomainError
from shared.storage.session import actor_of, settings_of

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:uscc, 12))")
_MIB = 1024 * 1024


class FileQuota(DomainError):
    """Refusal of a file for which there is no room."""

    status, code, title = 409, "file_quota", "材料存储额度已用完"


@dataclass(frozen=True)
class Stored:
    """The files among which a new one is counted. `model` has size, hash, role of the uploader, owner and removal."""

    model: type[Any]
    here: ColumnElement[bool]
    """Condition of the files of the same record."""
    where: str
    """Chinese name of the record in refusals, such as 本申报."""
    what: str
    """Chinese name of the files in refusals."""
    uscc: str | None
    """Owner of the record."""


async def check_quota(session: AsyncSession, stored: Stored, size_bytes: int) -> None:
    """Check that one more file of this size may be stored. Raises FileQuota with what is used and how to free it.

    Replaced and removed files are kept and count towards the owner's total, but not towards the record.
    """
    role, settings, whose = actor_of(session).role, settings_of(session), f"{stored.where}中贵方的有效{stored.what}"
    number, used = await _in_record(session, stored, role)
    if number >= settings.declaration_files:
        detail = f"{whose}已有 {number} 份（最多 {settings.declaration_files} 份）"
        raise FileQuota(f"{detail}；请移除不需要的{stored.what}，或合并成一个文件后上传")
    if used + size_bytes > settings.declaration_files_bytes:
        detail = _told(whose, used, settings.declaration_files_bytes, size_bytes)
        raise FileQuota(f"{detail}；请移除不需要的{stored.what}，或压缩文件后上传")
    if role == "applicant" and stored.uscc is not None:
        await _check_total(session, stored, stored.uscc, size_bytes)


async def _in_record(session: AsyncSession, stored: Stored, role: str) -> tuple[int, int]:
    """Return number and bytes of the present files of a party in a record."""
    model = stored.model
    query = select(func.count(), func.coalesce(func.sum(model.size_bytes), 0)).where(
        stored.here, model.uploaded_role == role, model.removed_at.is_(None)
    )
    number, used = (await session.execute(query)).one()
    return int(number), int(used)


async def _check_total(session: AsyncSession, stored: Stored, uscc: str, size_bytes: int) -> None:
    """Check the total of an owner over all records; equal content counts once. Raises FileQuota."""
    await session.execute(_LOCK, {"uscc": uscc})
    limit, model = settings_of(session).applicant_files_bytes, stored.model
    distinct = select(model.sha256, model.size_bytes).distinct()
    kept = distinct.where(model.applicant_uscc == uscc, model.uploaded_role == "applicant").subquery()
    used = int(await session.scalar(select(func.coalesce(func.sum(kept.c.size_bytes), 0))) or 0)
    if used + size_bytes > limit:
        detail = _told("贵单位历次上传的文件（含已替换和移除的，按规定保留）", used, limit, size_bytes)
        raise FileQuota(f"{detail}；请压缩文件后上传，仍不够时请联系系统管理员提高额度")


def _told(what: str, used: int, limit: int, size_bytes: int) -> str:
    shown = [f"{number / _MIB:.1f} MiB" for number in (used, limit, size_bytes)]
    return f"{what}共 {shown[0]}，额度 {shown[1]}，本文件 {shown[2]}"
