"""Interest subsidy from the banks' settlement lines to the payment. 二（四）2"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.money import round_fen
from tests.funding.case import (
    appropriate,
    approved,
    code,
    draft,
    enter_pool,
    planned,
    read,
    requested,
    sound,
    yuan,
)
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")


async def borrower(
    world: World,
    principal: str = "100000000.00",
    rate: str = "0.0200",
    started_on: str | None = "2024-03-01",
    declared_on: str | None = None,
    **contract: Any,
) -> tuple[UUID, str]:
    """Return a planned case of interest subsidy and its loan."""
    await appropriate(world)
    case = await enter_pool(world, declared_on=declared_on)
    loan = {
        "bank": "示例银行",
        "contract_no": "借2024-1",
        "principal_yuan": principal,
        "rate_type": "fixed",
        "annual_rate": rate,
        "term_months": 60,
        "drawn_on": "2024-03-01",
        **contract,
    }
    registered = await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", loan, 201)
    if started_on:
        body = {"status": "under_construction", "started_on": started_on, "evidence": "开工报告"}
        await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", body)
    await draft(world, case, "interest_subsidy")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await planned(world, case)
    world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    return case, registered["id"]


def line(
    loan: str,
    from_on: str,
    to_on: str,
    rate: str = "0.0200",
    principal: str = "100000000.00",
    paid: Decimal | None = None,
    **more: str,
) -> dict[str, Any]:
    """Return a settlement line with one balance and one rate; the interest is paid to the fen by default."""
    days = (date.fromisoformat(to_on) - date.fromisoformat(from_on)).days + 1
    interest = round_fen(Decimal(principal) * Decimal(rate) * days / 360) if paid is None else paid
    span = {"from_on": from_on, "to_on": to_on}
    return {
        "loan_id": loan,
        **span,
        "balances": [{**span, "balance_yuan": principal}],
        "rates": [{**span, "annual_rate": rate}],
        "interest_paid_yuan": f"{interest:.2f}",
        **more,
    }


async def submit(world: World, case: UUID, *lines: dict[str, Any], status: int = 201) -> Any:
    path = f"/v1/applications/{case}/interest-statements"
    return await world.post("funding", path, "finance-1", {"lines": list(lines)}, status)


async def pay(world: World, case: UUID, statement: Any) -> Any:
    request = await requested(world, case, statement_id=statement["id"])
    return await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")


async def test_a_line_is_settled_explained_and_paid(world: World) -> None:
    case, loan = await borrower(world)
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20"))
    assert (statement["status"], statement["payable_yuan"]) == ("computed", "622222.22")
    assert "实际利率较低" in "".join(statement["results"][0]["explanation"])
    assert statement["readings"]["rate_comparison"]["option"] == "per_day"
    assert (await pay(world, case, statement))["amount_yuan"] == "622222.22"
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "reserved")) == (
        "releasing",
        "622222.22",
        "3433333.34",
    )
    assert (await requested(world, case, status=409, statement_id=statement["id"]))["code"] == "already_requested"
    await sound(world)


async def test_the_lower_of_lpr_and_actual_rate_counts(world: World) -> None:
    case, loan = await borrower(world, rate="0.0400")
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-03-30", "0.0400"))
    assert statement["payable_yuan"] == "287500.00"  # 30 days at the one-year LPR of 3.45 %
    assert "LPR较低" in "".join(statement["results"][0]["explanation"])


async def test_nothing_is_subsidised_past_two_years(world: World) -> None:
    case, loan = await borrower(world)
    years = [line(loan, "2024-03-01", "2025-02-28", "0.0150"), line(loan, "2025-03-01", "2025-12-31", "0.0150")]
    await pay(world, case, await submit(world, case, *years))
    rest = await submit(world, case, line(loan, "2026-01-01", "2026-03-31", "0.0150"))
    assert rest["payable_yuan"] == "245833.33"  # the 59 days to 28 February 2026
    assert "超出贴息年限，不计" in "".join(rest["results"][0]["explanation"])
    await pay(world, case, rest)
    after = await submit(world, case, line(loan, "2026-04-01", "2026-05-31", "0.0150"))
    assert after["payable_yuan"] == "0.00"
    refused = await requested(world, case, status=422, statement_id=after["id"])
    assert refused["errors"][0]["pointer"] == "/body/statement_id"
    body = {"reason": "贴息期满，余额不再使用"}
    await world.post("funding", f"/v1/applications/{case}/close", "city-supervisor-3", body)
    await sound(world)


async def test_payments_stop_at_the_approved_amount(world: World) -> None:
    case, loan = await borrower(world)
    lines = [line(loan, "2024-03-01", "2025-02-28", "0.0300"), line(loan, "2025-03-01", "2025-12-31", "0.0300")]
    statement = await submit(world, case, *lines)
    assert statement["payable_yuan"] == "4055555.56"
    assert [result["limited_by"] for result in statement["results"]] == [None, "award"]
    assert "以批复金额的余额为限" in "".join(statement["results"][1]["explanation"])
    await pay(world, case, statement)
    assert (await read(world, case))["status"] == "released"
    await sound(world)


async def test_subsidy_stops_at_fifty_million(world: World) -> None:
    case, loan = await borrower(world, principal="2000000000.00", rate="0.0340")
    assert yuan(await read(world, case), "award") == "50000000.00"
    statement = await submit(world, case, line(loan, "2024-03-01", "2025-02-28", "0.0310", "2000000000.00"))
    assert (statement["payable_yuan"], statement["results"][0]["limited_by"]) == ("50000000.00", "cap")
    await pay(world, case, statement)
    await sound(world)


async def test_interest_that_differs_from_the_recomputation_waits_for_a_decision(world: World) -> None:
    case, loan = await borrower(world)
    wrong = line(loan, "2024-03-01", "2024-06-20", paid=Decimal("700000.00"))
    statement = await submit(world, case, wrong)
    assert (statement["status"], statement["results"][0]["difference_yuan"]) == ("flagged", "77777.78")
    assert (await requested(world, case, status=422, statement_id=statement["id"]))["code"] == "invalid"
    assert (await submit(world, case, wrong, status=409))["code"] == "wrong_status"
    path = f"/v1/interest-statements/{statement['id']}/decide"
    verdict = {"accept": True, "reason": "含提前还款手续，按核定数支付"}
    assert await code(world, path, "finance-1", verdict, 403) == "forbidden"
    assert (await world.post("funding", path, "city-officer-3", verdict))["status"] == "accepted"
    assert await code(world, path, "city-officer-3", verdict) == "wrong_status"
    assert (await pay(world, case, statement))["amount_yuan"] == "622222.22"


async def test_a_rejected_statement_uses_nothing_up(world: World) -> None:
    case, loan = await borrower(world)
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20", paid=Decimal("1.00")))
    path = f"/v1/interest-statements/{statement['id']}/decide"
    await world.post("funding", path, "city-officer-3", {"accept": False, "reason": "结息单录入有误"})
    assert (await submit(world, case, line(loan, "2024-03-01", "2024-06-20")))["payable_yuan"] == "622222.22"


async def test_no_day_is_settled_twice(world: World) -> None:
    case, loan = await borrower(world)
    await submit(world, case, line(loan, "2024-03-01", "2024-06-20"))
    refused = await submit(world, case, line(loan, "2024-06-20", "2024-09-20"), status=422)
    assert refused["errors"][0]["pointer"] == "/body/lines/0/from_on"
    twice = [line(loan, "2024-06-21", "2024-09-20"), line(loan, "2024-09-20", "2024-12-20")]
    assert (await submit(world, case, *twice, status=422))["errors"][0]["pointer"] == "/body/lines/1/from_on"


async def test_without_a_construction_start_the_subsidy_is_unknown_not_zero(world: World) -> None:
    case, loan = await borrower(world, started_on=None)
    refused = await submit(world, case, line(loan, "2024-03-01", "2024-06-20"), status=409)
    assert (refused["code"], "开工日期" in refused["detail"]) == ("interest_undetermined", True)


async def test_a_line_of_an_unknown_loan_or_of_days_to_come_names_its_field(world: World) -> None:
    case, loan = await borrower(world)
    stranger = await submit(world, case, line(str(case), "2024-03-01", "2024-06-20"), status=422)
    assert stranger["errors"][0]["pointer"] == "/body/lines/0/loan_id"
    future = await submit(world, case, line(loan, "2026-06-01", "2026-06-20"), status=422)
    assert future["errors"][0]["pointer"] == "/body/lines/0/to_on"
    reversed_ = await submit(world, case, line(loan, "2024-06-20", "2024-03-01", paid=Decimal(1)), status=422)
    assert reversed_["errors"][0]["pointer"] == "/body/lines/0"


@pytest.mark.clause("二（四）")
async def test_a_granted_project_gets_no_interest_subsidy_beside_it(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    refused = await submit(world, case, line(str(case), "2023-03-01", "2023-06-20"), status=409)
    assert (refused["code"], "不得再贴息" in refused["detail"]) == ("wrong_status", True)


async def test_interest_is_paid_on_a_statement_only(world: World) -> None:
    case, _ = await borrower(world)
    assert (await requested(world, case, status=422))["errors"][0]["pointer"] == "/body/statement_id"


async def test_by_setting_the_lpr_of_the_contracts_repricing_days_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(world.instances["funding"].settings.interpretations, "lpr_date", "repricing")
    case, loan = await borrower(world, rate="0.0500", repriced_on=["2024-09-01"])
    statement = await submit(world, case, line(loan, "2024-06-21", "2024-09-20", rate="0.0500"))
    expected = Decimal(100_000_000) * (Decimal("0.0345") * 72 + Decimal("0.0335") * 20) / 360
    assert statement["payable_yuan"] == str(round_fen(expected))


async def test_by_setting_interest_counts_from_the_day_of_the_declaration(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        world.instances["funding"].settings.interpretations, "interest_before_application", "not_counted"
    )
    case, loan = await borrower(world, declared_on="2024-04-01")
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20"))
    assert statement["payable_yuan"] == str(round_fen(Decimal(100_000_000) * Decimal("0.0200") * 81 / 360))
