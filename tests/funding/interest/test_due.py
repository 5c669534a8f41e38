"""Amount due: the next claim's item, an offset, or a proposed clawback. 二（四）2"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.funding.interest.due import Due, due
from services.funding.interest.results import Calculation
from tests.funding.interest.projects import PROJECT, V2, calculated, line

pytestmark = pytest.mark.clause("二（四）2")

LIMIT = Decimal("1000.00")
ONE = calculated([line(*V2)])
PAYABLE = Decimal("1729444.44")


def after(paid: str, calculation: Calculation = ONE, *, final: bool = False) -> Due:
    return due(calculation, {"L1/2024-06-21": Decimal(paid)}, offset_limit_yuan=LIMIT, final=final)


@pytest.mark.parametrize(
    ("paid", "final", "kind", "amount"),
    [
        ("0.00", False, "claim", "1729444.44"),
        ("1729444.43", False, "claim", "0.01"),
        ("1729444.44", False, "nothing", "0.00"),
        ("1729444.44", True, "nothing", "0.00"),
        ("1730444.44", False, "offset", "1000.00"),
        ("1730444.45", False, "clawback", "1000.01"),
        ("1729444.45", True, "clawback", "0.01"),
    ],
)
def test_what_is_due_is_the_calculation_less_what_was_paid(paid: str, final: bool, kind: str, amount: str) -> None:
    found = after(paid, final=final)
    assert (found.kind, str(found.amount_yuan)) == (kind, amount)
    assert found.lines[0].difference_yuan == PAYABLE - Decimal(paid)


def test_a_withdrawn_line_gives_its_payments_back() -> None:
    later = calculated([line(date(2024, 9, 21), date(2024, 12, 20))])
    found = due(later, {"L1/2024-06-21": PAYABLE}, offset_limit_yuan=Decimal(10**9))
    assert (found.kind, found.amount_yuan) == ("offset", PAYABLE - later.low_yuan)
    assert [(one.line_id, one.difference_yuan) for one in found.lines] == [
        ("L1/2024-09-21", later.low_yuan),
        ("L1/2024-06-21", -PAYABLE),
    ]


def test_while_a_fact_is_missing_only_the_certain_part_moves() -> None:
    unknown = calculated([line(*V2)], project=replace(PROJECT, construction_started_on=None))
    assert [after(paid, unknown).kind for paid in ("0.00", "1729444.44", "1729445.44")] == [
        "nothing", "nothing", "offset",
    ]  # fmt: skip
