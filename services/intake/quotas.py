"""Quotas of stored files: of one party in a declaration, and of all files that an applicant ever stored."""

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.declarations import Declaration
from services.intake.models.materials import Material
from shared.errors import DomainError
from shared.storage.session import actor_of, settings_of

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:uscc, 12))")
_MIB = 1024 * 1024


class FileQuota(DomainError):
    """Refusal of a file for which there is no room."""

    status, code, title = 409, "file_quota", "材料存储额度已用完"


async def check_quota(session: AsyncSession, declaration: Declaration, size_bytes: int) -> None:
    """Check that one more file of this size may be stored. Raises FileQuota with what is used and how to free it.

    Replaced and removed files are kept and count towards the applicant's total, but not towards the declaration.
    """
    role, settings = actor_of(session).role, settings_of(session)
    number, used = await _in_declaration(session, declaration, role)
    if number >= settings.declaration_files:
        detail = f"本申报中贵方的有效材料已有 {number} 份（最多 {settings.declaration_files} 份）"
        raise FileQuota(f"{detail}；请移除不需要的材料，或合并成一个文件后上传")
    if used + size_bytes > settings.declaration_files_bytes:
        detail = _told("本申报中贵方的有效材料", used, settings.declaration_files_bytes, size_bytes)
        raise FileQuota(f"{detail}；请移除不需要的材料，或压缩文件后上传")
    if role == "applicant":
        await _check_total(session, declaration.applicant_uscc, settings.applicant_files_bytes, size_bytes)


async def _in_declaration(session: AsyncSession, declaration: Declaration, role: str) -> tuple[int, int]:
    """Return number and bytes of the present files of a party in a declaration."""
    query = select(func.count(), func.coalesce(func.sum(Material.size_bytes), 0)).where(
        Material.declaration_id == declaration.id, Material.uploaded_role == role, Material.removed_at.is_(None)
    )
    number, used = (await session.execute(query)).one()
    return int(number), int(used)


async def _check_total(session: AsyncSession, uscc: str, limit: int, size_bytes: int) -> None:
    """Check the total of an applicant over all declarations; equal content counts once. Raises FileQuota."""
    await session.execute(_LOCK, {"uscc": uscc})
    distinct = select(Material.sha256, Material.size_bytes).distinct()
    stored = distinct.where(Material.applicant_uscc == uscc, Material.uploaded_role == "applicant").subquery()
    used = int(await session.scalar(select(func.coalesce(func.sum(stored.c.size_bytes), 0))) or 0)
    if used + size_bytes > limit:
        detail = _told("贵单位历次上传的文件（含已替换和移除的，按规定保留）", used, limit, size_bytes)
        raise FileQuota(f"{detail}；请压缩文件后上传，仍不够时请联系系统管理员提高额度")


def _told(what: str, used: int, limit: int, size_bytes: int) -> str:
    shown = [f"{number / _MIB:.1f} MiB" for number in (used, limit, size_bytes)]
    return f"{what}共 {shown[0]}，额度 {shown[1]}，本文件 {shown[2]}"
