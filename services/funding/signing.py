"""Decisions that need a second signature by amount, and the words for those that lack it. 三（二）"""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy.parameters import value_on
from shared.storage.session import today


def countersign_from(session: AsyncSession, award_yuan: Decimal) -> Decimal | None:
    """Return the amount from which on two sign, if an award reaches it today; None when one signature is enough.

    The day of the first signature counts: who is competent is asked when somebody signs, and a draft binds nobody.
    Raises FiguresNotReceived.
    """
    dated = value_on("countersign_from_yuan", today(session))
    if dated is None or dated.value is None or award_yuan < dated.value:
        return None
    return Decimal(dated.value)
