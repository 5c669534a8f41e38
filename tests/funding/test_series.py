"""A quotation of the LPR that is entered or corrected late: the subsidies that it changes. 二（四）2"""

import pytest

from tests.funding.interest_steps import borrower, calculation, decided, line
from tests.shared.figures.batches import AUTHOR, batch, confirm, enter, rate
from tests.shared.figures.test_effects import affected, uses
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")
BIG = {"annual_rate": "0.0390", "tenor": "1Y", "drawn_on": "2023-01-10", "principal_yuan": "200000000.00"}


async def test_subsidies_that_a_corrected_quotation_changes_are_listed_and_recomputed(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    claim = await decided(world, case, line(loan, "2023-12-21", "2024-03-20", "0.0390", "200000000.00"))
    assert claim["amount_yuan"] == "1744166.67"
    entered = await enter(world, batch("lpr", rate("1Y", "2024-02-20", "3.27")), status=201)
    batch_id = entered.json()["id"]
    (listed,) = await affected(world, batch_id, "funding")
    assert (listed["case_id"], listed["before"]) == (str(case), "贴息 1,744,166.67 元")
    assert listed["after"] == "贴息 1,715,166.67 元"  # 29 days, up to 19 March, at 3.27 % in place of 3.45 %
    await confirm(world, entered, status=200)
    assert (await affected(world, batch_id, "funding")) == [listed]
    cases = {"case_ids": [str(case)], "reason": "报价更正"}
    answer = await world.post("funding", f"/v1/series/batches/{batch_id}/recompute", AUTHOR, cases)
    assert answer["cases"] == [{"case_id": str(case), "result": listed["after"]}]
    assert (await calculation(world, case))["total_yuan"] == "1715166.67"
    first, second = [f"lpr/1Y/2024-02-20/{version}" for version in (1, 2)]
    acts = {
        version: {each["act"] for each in await uses(world, "funding", figure=version)} for version in (first, second)
    }
    assert "recompute_case" in acts[second]
    assert "recompute_case" not in acts[first] != set()


async def test_a_quotation_of_the_past_that_was_left_out_changes_nothing_calculated_without_it(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    await decided(world, case, line(loan, "2023-12-21", "2024-03-20", "0.0390", "200000000.00"))
    entered = await enter(world, batch("lpr", rate("1Y", "2026-03-20", "2.90"), rate("5Y", "2026-03-20", "3.40")))
    assert await affected(world, entered.json()["id"], "funding") == []
