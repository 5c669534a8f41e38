"""Documents that are registered again: refused where all is the same, explained where a document is used again."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import DomainError, Duplicate


class DocumentRepeated(DomainError):
    """The number of a document is used by another record, and no reason is given."""

    status, code, title = 409, "document_repeated", "文号已用于另一条登记，须写明理由"


async def refuse_repeat(
    session: AsyncSession,
    row: Any,
    *,
    same: ColumnElement[bool],
    similar: ColumnElement[bool],
    reason: str | None,
    field: str = "/body/document_no",
) -> None:
    """Refuse a row that is registered already, and one that uses a document again without a reason.

    `row` is the class of the rows; only rows that the caller may read are compared and named, a unique index holds for
    the others. Raises Duplicate or DocumentRepeated.
    """
    if known := await session.scalar(select(row.id).where(same).limit(1)):
        detail = (
            f"同一文件、同一项目、同一金额和日期已登记（记录 {known}），不得重复登记；登记有误的，请更正或撤销原记录"
        )
        raise Duplicate(detail, field=field)
    used = list(await session.scalars(select(row.id).where(similar).order_by(row.id).limit(5)))
    if used and reason is None:
        named = "、".join(map(str, used))
        raise DocumentRepeated(
            f"该文件已用于另一条登记（记录 {named}）；一个文件涉及多个项目或多期的，请在 repeat_reason 写明理由",
            field="/body/repeat_reason",
            records=[str(each) for each in used],
        )
