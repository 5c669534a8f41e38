"""Interest statements of later rounds over HTTP: totals, days, numbers and decisions of earlier ones. 二（四）2"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.money import round_fen
from tests.funding.case import appropriate, draft, enter_pool, read, requested, sound, yuan
from tests.funding.rows import RECORD, add_planned
from tests.funding.test_interest_statements import borrower, line, pay, submit
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")


@pytest.fixture
def readings(world: World) -> Iterator[dict[str, str]]:
    chosen = world.instances["funding"].settings.interpretations
    yield chosen
    chosen.clear()


def due(days: int, rate: str = "0.0200", principal: int = 100_000_000) -> str:
    """Return the interest of the days at a rate over 360, to the fen."""
    return str(round_fen(Decimal(principal) * Decimal(rate) * days / 360))


async def decide(world: World, statement: Any, accept: bool) -> Any:
    body = {"accept": accept, "reason": "已核"}
    return await world.post("funding", f"/v1/interest-statements/{statement['id']}/decide", "city-officer-3", body)


async def test_each_statement_continues_from_the_last_that_counts(world: World) -> None:
    case, loan = await borrower(world, rate="0.0300")
    # 730 days at 3 % are awarded, and the bank takes 3.1 %, which the LPR exceeds or equals until 2025-05-19.
    assert yuan(await read(world, case), "award") == due(730, "0.03")
    first = await submit(world, case, line(loan, "2024-03-01", "2024-12-31", "0.0310"))  # 306 days
    second = await submit(world, case, line(loan, "2025-01-01", "2025-03-31", "0.0310"))  # 90 days
    assert [first["payable_yuan"], second["payable_yuan"]] == [due(306, "0.0310"), due(90, "0.0310")]
    wrong = await submit(world, case, line(loan, "2025-04-01", "2025-06-30", "0.0310", paid=Decimal("9.00")))
    assert (wrong["number"], wrong["status"]) == (3, "flagged")
    await decide(world, wrong, accept=False)
    # 49 days at 3.1 % and 285 at the LPR of 3.0 % are 2,796,944.44 yuan: more than the rest of the award.
    fourth = await submit(world, case, line(loan, "2025-04-01", "2026-02-28", "0.0310"))
    rest = Decimal(due(730, "0.03")) - Decimal(first["payable_yuan"]) - Decimal(second["payable_yuan"])
    assert (fourth["number"], fourth["payable_yuan"], fourth["results"][0]["limited_by"]) == (4, str(rest), "award")
    paid = [await pay(world, case, statement) for statement in (second, first, fourth)]
    assert [request["instalment"] for request in paid] == [1, 2, 3]
    assert [request["condition"] for request in paid] == ["第2次结息核定", "第1次结息核定", "第4次结息核定"]
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "reserved")) == ("released", due(730, "0.03"), "0.00")
    await sound(world)


async def test_a_flagged_statement_stops_the_next_until_it_is_accepted_and_then_counts(world: World) -> None:
    case, loan = await borrower(world)
    wrong = await submit(world, case, line(loan, "2024-03-01", "2024-06-20", paid=Decimal("622223.23")))  # 1.01 above
    refused = await submit(world, case, line(loan, "2024-06-21", "2024-09-20"), status=409)
    assert (refused["code"], refused["statement_id"]) == ("wrong_status", wrong["id"])
    accepted = await decide(world, wrong, accept=True)
    assert (accepted["status"], accepted["decided_by"], accepted["decision_reason"]) == (
        "accepted", "city-officer-3", "已核",
    )  # fmt: skip
    again = await submit(world, case, line(loan, "2024-06-20", "2024-09-20"), status=422)
    assert "2024-06-20" in again["detail"]
    within = line(loan, "2024-06-21", "2024-09-20", paid=Decimal(due(92)) + 1)  # exactly the tolerance
    assert (await submit(world, case, within))["status"] == "computed"


async def test_statements_of_another_project_neither_stop_nor_number_those_of_this(world: World) -> None:
    other, loan = await borrower(world)
    await submit(world, other, line(loan, "2024-03-01", "2024-06-20"))
    assert (await submit(world, other, line(loan, "2024-06-21", "2024-09-20", paid=Decimal("9.00"))))["status"] == (
        "flagged"
    )
    await appropriate(world, year=2026, document_no="预算2号")
    case = await enter_pool(world)
    own = await register(world, case, "借2024-2")
    started = {"status": "under_construction", "started_on": "2024-03-01", "evidence": "开工报告"}
    await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", started)
    await draft(world, case, "interest_subsidy")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    first = await submit(world, case, line(own, "2024-03-01", "2024-06-20"))
    assert (first["number"], first["status"], first["payable_yuan"]) == (1, "computed", due(112))


async def test_settled_days_are_those_of_the_same_loan_whatever_the_order_of_the_lines(world: World) -> None:
    case, loan = await borrower(world)
    other = await register(world, case, "借2024-2")
    # The later period stands first: the last settled day is 2024-09-20.
    await submit(world, case, line(loan, "2024-06-21", "2024-09-20"), line(loan, "2024-03-01", "2024-06-20"))
    for from_on, status in (("2024-09-20", 422), ("2024-09-21", 201)):
        await submit(world, case, line(loan, from_on, "2024-09-30"), status=status)
    await submit(world, case, line(other, "2024-03-01", "2024-06-20"))
    overlapping = [line(other, "2024-10-01", "2024-12-20"), line(other, "2024-06-21", "2024-10-01")]
    refused = await submit(world, case, *overlapping, status=422)
    assert refused["errors"][0]["pointer"] == "/body/lines/0/from_on"


async def register(world: World, case: UUID, number: str, **more: Any) -> str:
    body = {
        "bank": "示例银行",
        "contract_no": number,
        "principal_yuan": "100000000.00",
        "rate_type": "fixed",
        "annual_rate": "0.0200",
        "term_months": 60,
        "drawn_on": "2024-03-01",
        **more,
    }
    kept = await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", body, 201)
    return str(kept["id"])


async def test_the_loan_of_another_project_is_unknown(world: World) -> None:
    case, _ = await borrower(world)
    stranger = await register(world, await enter_pool(world), "借2024-9")
    refused = await submit(world, case, line(stranger, "2024-03-01", "2024-06-20"), status=422)
    assert refused["errors"][0]["pointer"] == "/body/lines/0/loan_id"


async def test_a_statement_is_paid_to_its_own_project_once_and_again_after_a_rejection(world: World) -> None:
    case, loan = await borrower(world)
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20"))
    other = await enter_pool(world)
    await world.database.admin.execute(
        f"UPDATE funding.application SET status = 'planned', mode = 'interest_subsidy' WHERE id = '{other}'"
    )
    await add_planned(world, other)
    assert (await requested(world, other, status=422, statement_id=statement["id"]))["code"] == "invalid"
    first = await requested(world, case, statement_id=statement["id"])
    await world.post("funding", f"/v1/release-requests/{first['id']}/reject", "finance-2", {"reason": "再议"})
    assert (await pay(world, case, statement))["amount_yuan"] == due(112)
    for table in ("plan_item", "investment_plan"):
        await world.database.admin.execute(f"DELETE FROM funding.{table} WHERE id = $1", RECORD)
    await sound(world)


PENAL = {
    # 112 days at 2 % are 622,222.22 yuan; the penal parts are contained in what was paid.
    "penalty": ({"penalty_yuan": "1000.01"}, "623222.23"),
    "overdue": ({"overdue_yuan": "2000.02"}, "624222.24"),
    "compound": ({"compound_yuan": "4000.04"}, "626222.26"),
    "all three": ({"penalty_yuan": "1000.01", "overdue_yuan": "2000.02", "compound_yuan": "4000.04"}, "629222.29"),
}


async def test_each_penal_part_is_taken_off_the_interest_paid(world: World) -> None:
    case, loan = await borrower(world)
    for name, (parts, paid) in PENAL.items():
        statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20", paid=Decimal(paid), **parts))
        result = statement["results"][0]
        assert (result["bank_interest_yuan"], result["difference_yuan"]) == ("622222.22", "0.00"), name
        assert (statement["status"], statement["payable_yuan"]) == ("computed", "622222.22"), name
        await world.database.admin.execute("DELETE FROM funding.interest_statement")


DAYS = {
    # The LPR of the last days is not published: such a line is undetermined, not refused for its days.
    "today in Beijing, yesterday in UTC": ("2025-06-01", "2026-06-02", 409),
    "tomorrow": ("2026-06-01", "2026-06-03", 422),
    "400 days": ("2025-01-01", "2026-02-04", 201),
    "401 days": ("2025-01-01", "2026-02-05", 422),
}


async def test_periods_end_by_today_and_last_at_most_400_days(world: World) -> None:
    case, loan = await borrower(world)
    world.clock.set(datetime(2026, 6, 1, 16, 30, tzinfo=UTC))
    for name, (from_on, to_on, status) in DAYS.items():
        if name.startswith("today"):
            from_on = "2025-06-02"
        answer = await submit(world, case, line(loan, from_on, to_on), status=status)
        if status == 422:
            assert answer["errors"][0]["pointer"] == "/body/lines/0/to_on", name
        await world.database.admin.execute("DELETE FROM funding.interest_statement")


CONTRACTS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    # Readings, contract terms, and the LPR of 2024-06-21 to 2024-07-21: one year 3.45 %, five years 3.95 %.
    "one year by term": ({}, {"term_months": 60}, "0.0345"),
    "five years by term": ({}, {"term_months": 61}, "0.0395"),
    "contract names five years": ({}, {"term_months": 12, "tenor": "5Y"}, "0.0395"),
    "contract names one year": ({}, {"term_months": 120, "tenor": "1Y"}, "0.0345"),
    "the contract does not count": ({"lpr_tenor": "by_term"}, {"term_months": 120, "tenor": "1Y"}, "0.0395"),
    "always one year": ({"lpr_tenor": "one_year"}, {"term_months": 120, "tenor": "5Y"}, "0.0345"),
}


@pytest.mark.planted
async def test_the_contract_decides_on_the_tenor_of_the_lpr(world: World, readings: dict[str, str]) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    started = "UPDATE funding.application SET status = 'planned', mode = 'interest_subsidy', award_yuan = 90000000,"
    started += " cap_yuan = 90000000, construction_started_on = '2024-03-01', approved_on = '2024-03-01'"
    await world.database.admin.execute(started)
    world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    for number, (name, (chosen, contract, lpr)) in enumerate(CONTRACTS.items()):
        readings.update(chosen)
        loan = await register(world, case, f"借{number}", annual_rate="0.0600", **contract)
        statement = await submit(world, case, line(loan, "2024-06-21", "2024-07-21", "0.0600"))
        assert statement["payable_yuan"] == due(31, lpr), name
        readings.clear()
        await world.database.admin.execute("DELETE FROM funding.interest_statement")


LIMITS: dict[str, tuple[dict[str, str], dict[str, int]]] = {
    # Approved on 2024-03-01, loans drawn on 2024-01-01 and 2024-02-01, subsidised from 2024-04-01. The days of a line
    # from 2026-01-01 to 2026-03-19 that lie within two years, by loan.
    "from the first subsidised day": ({}, {"early": 78, "late": 78}),
    "from the approval": ({"interest_limit_start": "approval"}, {"early": 59, "late": 59}),
    "from the first drawdown of the project": ({"interest_limit_start": "first_drawdown"}, {"early": 0, "late": 0}),
    "from the drawdown of each loan": (
        {"interest_limit_start": "first_drawdown", "interest_limit_scope": "loan"},
        {"early": 0, "late": 31},
    ),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.planted
async def test_the_two_years_begin_where_the_reading_says(world: World, readings: dict[str, str], name: str) -> None:
    chosen, days = LIMITS[name]
    readings.update(chosen)
    case = await enter_pool(world)
    started = "UPDATE funding.application SET status = 'planned', mode = 'interest_subsidy', award_yuan = 90000000,"
    started += " cap_yuan = 90000000, construction_started_on = '2024-04-01', approved_on = '2024-03-01'"
    await world.database.admin.execute(started)
    drawn = {"early": "2024-01-01", "late": "2024-02-01"}
    loans = {of: await register(world, case, of, drawn_on=on) for of, on in drawn.items()}
    world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    await submit(world, case, *(line(loan, "2024-04-01", "2024-04-30") for loan in loans.values()))
    last = await submit(world, case, *(line(loan, "2026-01-01", "2026-03-19") for loan in loans.values()))
    payable = {result["loan_id"]: result["payable_yuan"] for result in last["results"]}
    assert {of: payable[loan] for of, loan in loans.items()} == {of: due(number) for of, number in days.items()}


@pytest.mark.parametrize(
    ("days", "counted"),
    [
        ({"declared_on": "2024-04-01", "accepted_on": "2024-05-01"}, 81),
        ({"accepted_on": "2024-05-01"}, 51),  # announced before the day of the declaration was
    ],
    ids=["declared", "accepted"],
)
@pytest.mark.planted
async def test_by_reading_interest_counts_from_the_declaration_or_else_from_its_acceptance(
    world: World, readings: dict[str, str], days: dict[str, str], counted: int
) -> None:
    readings["interest_before_application"] = "not_counted"
    case = await enter_pool(world, **days)
    started = "UPDATE funding.application SET status = 'planned', mode = 'interest_subsidy', award_yuan = 90000000,"
    await world.database.admin.execute(
        started + " cap_yuan = 90000000, construction_started_on = '2024-03-01', approved_on = '2024-03-01'"
    )
    loan = await register(world, case, "借1")
    world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    statement = await submit(world, case, line(loan, "2024-03-01", "2024-06-20"))
    assert statement["payable_yuan"] == due(counted)
