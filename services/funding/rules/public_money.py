"""Totals of public money against the investment of a project. Pure. 二（五）, 四（二）2"""

from decimal import Decimal
from typing import Any, Final

from shared.normal_forms import normal_identifier, normal_name

PUBLIC_MONEY_CLAUSES: Final[dict[str, str]] = {
    "other_municipal": "二（五）",
    "district_investment": "四（二）2",
    "district_rent": "四（二）2",
    "district_operating": "四（二）2",
    "first_set_equipment": "四（二）2",
}


PUBLIC: Final = tuple(kind for kind in PUBLIC_MONEY_CLAUSES if kind != "first_set_equipment")
"""Kinds that are public money: a purchase of first-set equipment is the owner's own spending. 四（二）2"""


def entry_key(row: Any) -> str:
    """Return what makes two entries one: kind, document or else programme, project, payee, amount and day."""
    document = normal_identifier(row.document_no) if row.document_no else f"资金 {normal_name(row.programme)}"
    project = str(row.application_id or row.project_code or "")
    return "|".join(
        (row.kind, document, project, row.applicant_uscc, f"{row.amount_yuan:.2f}", row.granted_on.isoformat())
    )


def public_money_share(total_yuan: Decimal, base_yuan: Decimal | None) -> Decimal | None:
    """Return all public money as a ratio of the investment base; None for a base that is unknown or zero. 四（二）2"""
    return (total_yuan / base_yuan).quantize(Decimal("0.0001")) if base_yuan else None


def over_limit(share: Decimal | None, chosen: str, limit: Decimal) -> bool:
    """Return whether to warn that public money exceeds its share of the investment (I28)."""
    return chosen == "warn" and share is not None and share > limit
