"""Steps of art. 34 of 政府投资条例, and the range of fines of 财政违法行为处罚处分条例 art. 14. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from shared.errors import DomainError, Invalid

CURABLE: Final = ("not_implemented", "unapproved_change")
"""Grounds that an owner can put right: money is recovered once an order to correct was not followed."""
_DEFRAUDED, _MISUSED = (Decimal("0.10"), Decimal("0.50")), (Decimal("0.10"), Decimal("0.30"))
FINES: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    "false_material": _DEFRAUDED,
    "municipal_funds_hidden": _DEFRAUDED,
    "funds_diverted": _MISUSED,
}
"""Least and greatest fine as a share of the sum, by ground; other grounds bear no fine under art. 14."""


class CorrectionFirst(DomainError):
    """Recovery on a ground that can be put right, without an order to correct that was not followed."""

    status, code, title = 409, "correction_first", "须先责令改正"


def check_fine(ground: str, base_yuan: Decimal, amount_yuan: Decimal) -> None:
    """Raise Invalid for a fine on another ground or beyond its range. 财政违法行为处罚处分条例 art. 14"""
    if ground not in FINES:
        raise Invalid("该事由不在罚款范围内（财政违法行为处罚处分条例第十四条），请核对事由", field="/body/ground")
    least, most = FINES[ground]
    if not least * base_yuan <= amount_yuan <= most * base_yuan:
        told = f"罚款应为 {base_yuan:,.2f} 元的 {least:.0%} 至 {most:.0%}"
        raise Invalid(f"{told}（财政违法行为处罚处分条例第十四条），请核对决定书", field="/body/amount_yuan")
