"""Instalments of an award and their conditions. Pure. 三（二）"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final

from shared.money import FEN

CONDITIONS: Final[dict[str, str]] = {
    "single": "列入已下达的投资计划后一次拨付",
    "on_plan": "列入已下达的投资计划",
    "at_progress": "工程形象进度达到规定比例",
    "after_evaluation": "完成评价",
}


@dataclass(frozen=True, slots=True)
class Instalment:
    """Payment of an award, in yuan, with the condition that precedes it (I32)."""

    number: int
    yuan: Decimal
    condition: str


def instalments(award_yuan: Decimal, chosen: str, shares: Mapping[str, Decimal]) -> list[Instalment]:
    """Return the award in one payment or by dated shares; the last instalment takes the rounding rest (I32)."""
    if chosen == "single":
        return [Instalment(1, award_yuan, "single")]
    parts = [(share * award_yuan).quantize(FEN, ROUND_DOWN) for share in shares.values()]
    parts[-1] = award_yuan - sum(parts[:-1], Decimal(0))
    return [Instalment(n, yuan, condition) for n, (yuan, condition) in enumerate(zip(parts, shares, strict=True), 1)]
