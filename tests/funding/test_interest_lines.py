"""Subsidy of a settlement line of a loan over HTTP: limits, readings, terms of contracts, penal parts. 二（四）2"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.money import round_fen
from tests.funding.case import enter_pool, read, requested, sound, yuan
from tests.funding.interest_steps import borrower, decided, drafted, line, pay, payment, register
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


async def worth(world: World, case: UUID, *lines: dict[str, Any]) -> dict[str, Any]:
    """Return the calculation of lines that nothing is stored of."""
    path = f"/v1/applications/{case}/interest-preview"
    return dict((await world.post("funding", path, world.owner(), {"lines": list(lines)}))["calculation"])


async def subsidised(world: World, **columns: str) -> UUID:
    """Return a case that a test makes one of interest subsidy, without its approval."""
    case = await enter_pool(world)
    changes = {
        "status": "planned", "mode": "interest_subsidy", "award_yuan": "90000000", "cap_yuan": "90000000",
        "construction_started_on": "2024-03-01", "approved_on": "2024-03-01", **columns,
    }  # fmt: skip
    assigned = ", ".join(f"{name} = '{value}'" for name, value in changes.items())
    await world.database.admin.execute(f"UPDATE funding.application SET {assigned} WHERE id = '{case}'")
    world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    return case


async def test_a_quarter_is_settled_and_paid_and_its_claim_is_used_once(world: World) -> None:
    case, [loan] = await borrower(world, loans=({"annual_rate": "0.0400"},))
    claim = await decided(world, case, line(loan, "2024-03-01", "2024-03-30", "0.0400"), period="2024Q1")
    assert claim["amount_yuan"] == "287500.00"  # 30 days at the one-year LPR of 3.45 %
    request = await pay(world, case, claim)
    assert (request["amount_yuan"], request["condition"]) == ("287500.00", "第1次贴息核定")
    assert (await requested(world, case, status=409, claim_id=claim["id"]))["code"] == "already_requested"
    await sound(world)


async def test_interest_is_paid_on_a_decided_claim_of_the_project_only(world: World) -> None:
    case, [loan] = await borrower(world)
    draft = await drafted(world, case, line(loan, "2024-03-01", "2024-03-30"))
    for body in ({}, {"claim_id": draft["id"]}, {"claim_id": str(case)}):
        refused = await requested(world, case, status=422, **body)
        assert refused["errors"][0]["pointer"] == "/body/claim_id"


async def test_nothing_is_subsidised_past_two_years_nor_beyond_the_award(world: World) -> None:
    case, [loan] = await borrower(world)
    years = [line(loan, "2024-03-01", "2025-02-28", "0.0150"), line(loan, "2025-03-01", "2025-12-31", "0.0150")]
    last = line(loan, "2026-01-01", "2026-03-19", "0.0150")
    found = await worth(world, case, *years, last)
    assert found["lines"][2]["payable_yuan"] == "245833.33"  # the 59 days to 28 February 2026
    assert "超出贴息年限，不计" in "".join(found["lines"][2]["explanation"])
    more = [{**each, "rates": [{**each["rates"][0], "annual_rate": "0.0300"}]} for each in years]
    for each in more:
        each["payments"] = [payment("2025-12-31", "4000000.00", "付息多")]
    found = await worth(world, case, *more)
    assert (found["payable_yuan"], found["limited_by"]) == (yuan(await read(world, case), "award"), "award")
    assert "以批复金额的余额为限" in "".join(found["lines"][1]["explanation"])


@pytest.mark.clause("二（四）")
@pytest.mark.planted
async def test_a_granted_project_gets_no_interest_subsidy_beside_it(world: World) -> None:
    case = await subsidised(world, mode="investment_grant")
    for path, body in (("preview", {}), ("claims", {"period": "2024Q1"})):
        lines = {**body, "lines": [line(str(case), "2024-03-01", "2024-03-30")]}
        refused = await world.post("funding", f"/v1/applications/{case}/interest-{path}", world.owner(), lines, 409)
        assert (refused["code"], "不得再贴息" in refused["detail"]) == ("wrong_status", True)


PENAL = {
    # 112 days at 2 % are 622,222.22 yuan; the penal parts are contained in what was paid.
    "penalty": ({"penalty_yuan": "1000.01"}, "623222.23"),
    "overdue": ({"overdue_yuan": "2000.02"}, "624222.24"),
    "compound": ({"compound_yuan": "4000.04"}, "626222.26"),
    "all three": ({"penalty_yuan": "1000.01", "overdue_yuan": "2000.02", "compound_yuan": "4000.04"}, "629222.29"),
}


async def test_each_penal_part_is_taken_off_the_interest_paid(world: World) -> None:
    case, [loan] = await borrower(world)
    for name, (parts, paid) in PENAL.items():
        stated = line(loan, "2024-03-01", "2024-06-20", payments=[payment("2024-06-21", paid, **parts)])
        [result] = (await worth(world, case, stated))["lines"]
        assert (result["check"]["stated_yuan"], result["check"]["difference_yuan"]) == ("622222.22", "0.00"), name
        assert (result["ordinary_paid_yuan"], result["payable_yuan"]) == ("622222.22", "622222.22"), name


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
    case = await subsidised(world)
    for number, (name, (chosen, terms, lpr)) in enumerate(CONTRACTS.items()):
        readings.update(chosen)
        loan = await register(world, case, f"借{number}", annual_rate="0.0600", **terms)
        found = await worth(world, case, line(loan, "2024-06-21", "2024-07-21", "0.0600"))
        assert found["payable_yuan"] == due(31, lpr), name
        readings.clear()


@pytest.mark.planted
async def test_basis_share_drawdowns_and_repricing_of_the_contract_count(
    world: World, readings: dict[str, str]
) -> None:
    case = await subsidised(world)
    old = {"drawdowns": [{"on": "2019-06-01", "amount_yuan": "60000000.00"}], "term_months": 120, "tenor": "1Y"}
    drawn_twice = [*old["drawdowns"], {"on": "2024-07-01", "amount_yuan": "40000000.00"}]  # type: ignore[misc]
    terms: dict[str, tuple[dict[str, Any], str]] = {
        "365 days": ({**old, "day_count_basis": 365}, str(round_fen(Decimal(60_000_000) * 92 / 50 / 365))),
        "half of it": ({**old, "share": "0.5"}, due(92, principal=30_000_000)),
        "drawn twice": (
            {**old, "drawdowns": drawn_twice},
            str(round_fen((Decimal(60_000_000) * 92 + Decimal(40_000_000) * 82) / 50 / 360)),
        ),
    }
    for number, (name, (facts, expected)) in enumerate(terms.items()):
        loan = await register(world, case, f"借{number}", **facts)
        stated = line(loan, "2024-06-21", "2024-09-20", balances=[], paid="9999999.00")
        assert (await worth(world, case, stated))["payable_yuan"] == expected, name
    readings["lpr_date"] = "repricing"
    loan = await register(world, case, "借9", annual_rate="0.0500", repriced_on=["2024-09-01"])
    found = await worth(world, case, line(loan, "2024-06-21", "2024-09-20", rate="0.0500"))
    both = Decimal(100_000_000) * (Decimal("0.0345") * 72 + Decimal("0.0335") * 20) / 360
    assert found["payable_yuan"] == str(round_fen(both))


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


@pytest.mark.planted
async def test_the_two_years_begin_where_the_reading_says(world: World, readings: dict[str, str]) -> None:
    case = await subsidised(world, construction_started_on="2024-04-01")
    drawn = {"early": "2024-01-01", "late": "2024-02-01"}
    loans = {of: await register(world, case, of, drawn_on=on) for of, on in drawn.items()}
    spans = (("2024-04-01", "2024-04-30"), ("2026-01-01", "2026-03-19"))
    lines = [line(loan, *span) for loan in loans.values() for span in spans]
    for name, (chosen, days) in LIMITS.items():
        readings.update(chosen)
        found = await worth(world, case, *lines)
        late = {each["loan_id"]: each["payable_yuan"] for each in found["lines"] if each["from_on"] == spans[1][0]}
        assert {of: late[loan] for of, loan in loans.items()} == {of: due(number) for of, number in days.items()}, name
        readings.clear()


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
    case = await subsidised(world)
    facts = ", ".join(f"'{name}', '{day}'" for name, day in days.items())
    await world.database.admin.execute(
        f"UPDATE funding.application SET facts = facts - 'declared_on' || jsonb_build_object({facts})"
    )
    loan = await register(world, case, "借1")
    assert (await worth(world, case, line(loan, "2024-03-01", "2024-06-20")))["payable_yuan"] == due(counted)
