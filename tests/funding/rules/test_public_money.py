"""Public money against the investment of a project: share, exclusion and warning. 二（五）, 四（二）2"""

from decimal import Decimal

import pytest

from services.funding.rules.public_money import PUBLIC_MONEY_CLAUSES, over_limit, public_money_share


@pytest.mark.clause("四（二）2")
@pytest.mark.parametrize(
    ("total", "base", "share"),
    [("50", "200", "0.2500"), ("1", "3", "0.3333"), ("2", "3", "0.6667"), ("5", "0", None), ("5", None, None)],
)
def test_a_share_has_four_decimals_and_needs_a_base(total: str, base: str | None, share: str | None) -> None:
    found = public_money_share(Decimal(total), None if base is None else Decimal(base))
    assert (None if found is None else str(found)) == share


@pytest.mark.clause("四（二）2")
@pytest.mark.parametrize(
    ("share", "chosen", "warned"),
    [("1.0001", "warn", True), ("1.0000", "warn", False), ("1.0001", "allow", False), (None, "warn", False)],
)
def test_the_warning_begins_above_the_limit(share: str | None, chosen: str, warned: bool) -> None:
    assert over_limit(None if share is None else Decimal(share), chosen, Decimal(1)) is warned


def test_every_kind_of_public_money_has_its_clause() -> None:
    district = dict.fromkeys(
        ("district_investment", "district_rent", "district_operating", "first_set_equipment"), "四（二）2"
    )
    assert {"other_municipal": "二（五）", **district} == PUBLIC_MONEY_CLAUSES
