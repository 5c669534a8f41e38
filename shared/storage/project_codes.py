"""Check of a project code against the day on which it is entered."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import Invalid
from shared.identifiers import begins_after
from shared.storage.session import today


def refuse_future_code(session: AsyncSession, code: str | None, field: str = "/body/project_code") -> None:
    """Raise Invalid for a code whose month or year has not begun."""
    if code is not None and begins_after(code, today(session)):
        raise Invalid(f"项目代码 {code} 的赋码年月尚未到来，请按投资项目在线审批监管平台的赋码填写", field=field)
