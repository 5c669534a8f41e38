"""Tests of what an evaluation counts: its own project's records, each in its state and period, and of which round."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.monitoring.models.base import Base
from services.monitoring.models.quarters import ProjectQuarter
from shared.contracts.funding import FundsClawedBack, FundsReturned
from tests.monitoring import rows
from tests.monitoring.fixtures import OWNER, actuals, announce, deliver, funded_project, letting, report, set_date
from tests.world import World

pytestmark = pytest.mark.clause("三（三）")
LATE = {"overdue_since": rows.DAY}


async def delivered(world: World, on: str = "2024-09-30", **changes: Any) -> UUID:
    """Return a project delivered on a day, with the clock on 1 July 2025."""
    project = await funded_project(world, **changes)
    set_date(world, 2024, 10, 8)
    await deliver(world, project, on)
    set_date(world, 2025, 7, 1)
    return project


async def evaluate(world: World, project: UUID, status: int = 200, **changes: Any) -> dict[str, Any]:
    path, body = f"/v1/files/{project}/evaluation", actuals(**changes)
    answer: dict[str, Any] = await world.post("monitoring", path, "110105-officer-2", body, status=status)
    return answer


async def test_late_and_overdue_reports_of_the_project_count_once_each(world: World) -> None:
    project, other = await delivered(world), await funded_project(world)
    states: list[dict[str, Any]] = [{"late": True}, LATE, LATE, {"late": True} | LATE, {}]
    own = [rows.quarter(n, project, f"201{n}Q1", **state) for n, state in enumerate(states)]
    foreign = [rows.quarter(n, other, f"201{n}Q1", late=True) for n in range(5, 8)]
    await rows.store(world, [*own, *foreign])
    result = (await evaluate(world, project))["result"]
    assert result["funds"]["late_quarters"] == 4
    assert "四（一）2 季度台账逾期 4 次" in result["problems"]


@pytest.mark.clause("四（一）1")
async def test_only_a_diversion_of_the_project_not_yet_closed_fails_it(world: World) -> None:
    found = [
        ("funds_diverted", "open", True),
        ("funds_diverted", "rectified", True),
        ("funds_diverted", "closed", False),
        ("false_material", "open", False),
        (None, None, False),
    ]
    projects = [await funded_project(world) for _ in found]
    set_date(world, 2024, 10, 8)
    for project in projects:
        await deliver(world, project, "2024-09-30")
    set_date(world, 2025, 7, 1)
    for number, (project, (kind, state, _)) in enumerate(zip(projects, found, strict=True), start=1):
        if kind is not None:
            stated = {"kind": kind, "state": state, "grave": True}
            inspection = rows.inspection(number, project)
            await rows.store(world, [inspection], [rows.finding(number, project, inspection.id, **stated)])
    results = [(await evaluate(world, project))["result"] for project in projects]
    assert [(row["hard_fail"], row["grade"], row["funds"]["open_diversion"]) for row in results] == [
        (fails, "failed" if fails else "excellent", fails) for *_, fails in found
    ]


async def reported(world: World, project: UUID, number: int, code: str, *rounds: Any) -> ProjectQuarter:
    """Store a quarter and its submissions; each round is a pair of its moment and what the report changes."""
    quarter = rows.quarter(number, project, code)
    sent: list[Base] = []
    for place, (moment, used, occupancy) in enumerate(rounds, start=1):
        stated = {"subsidy_used_yuan": Decimal(used), "report": report(occupancy=occupancy)}
        sent.append(rows.submission(10 * number + place, quarter, place, moment, **stated))
    await rows.store(world, [quarter], sent)
    return quarter


async def test_the_amount_used_is_that_of_the_newest_quarter_in_its_last_round(world: World) -> None:
    project, other = await delivered(world), await funded_project(world)
    assert (await evaluate(world, project))["result"]["funds"]["used_yuan"] == "0.00"
    early, late = rows.MOMENT, rows.MOMENT.replace(month=12)
    await reported(world, project, 1, "2024Q2", (early, 5, []), (late, 900, []), (late, 901, []))
    await reported(world, project, 2, "2024Q4", (early, 8_000_000, []), (early, 7_000_000, []))
    await reported(world, project, 3, "2024Q3", (early, 600, []))
    await reported(world, other, 4, "2025Q1", (late, 77, []))
    taken = {"transfer_id": uuid4(), "declaration_id": project, "district": "110105", "applicant_uscc": OWNER}
    claw = {"ground": "other", "clause": "四（一）1", "reason": "核减"}
    await announce(
        world,
        FundsReturned(**taken, amount_yuan="1000000.10", reason="结余"),
        FundsClawedBack(**taken, amount_yuan="4000000.00", stage="demanded", **claw),
        FundsClawedBack(**taken, amount_yuan="2000000.20", stage="recovered", **claw),
    )
    funds = (await evaluate(world, project))["result"]["funds"]
    assert [funds[name] for name in ("kept_yuan", "used_yuan", "unspent_yuan")] == [
        "26999999.70",  # 30000000.00 - 1000000.10 - 2000000.20
        "7000000.00",
        "19999999.70",
    ]


@pytest.mark.parametrize(
    ("readings", "best"),
    [
        ({}, {"0": "0.910000", "1": "0.400000"}),
        ({"occupancy_meaning": "signed_area"}, {"0": "1.000000", "1": "1.000000"}),
        ({"occupancy_meaning": "tenant_count"}, {}),
    ],
    ids=str,
)
async def test_the_best_occupancy_is_of_quarters_that_ended_on_delivery_or_later(
    world: World, monkeypatch: pytest.MonkeyPatch, readings: dict[str, str], best: dict[str, str]
) -> None:
    for key, option in readings.items():
        monkeypatch.setitem(world.instances["monitoring"].settings.interpretations, key, option)
    project, other = await delivered(world), await funded_project(world)
    moment = rows.MOMENT
    await reported(world, project, 1, "2024Q2", (moment, 1, [letting(0, "9900"), letting(1, "9900")]))
    await reported(world, project, 2, "2024Q3", (moment, 1, [letting(0, "6000"), letting(1, "4000")]))
    await reported(world, project, 3, "2024Q4", (moment, 1, [letting(0, "9100")]), (moment, 1, [letting(0, "8000")]))
    await reported(world, project, 4, "2025Q1", (moment, 1, [letting(0, "7000"), letting(1, "0", "0")]))
    await reported(world, other, 5, "2025Q1", (moment, 1, [letting(0, "9999")]))
    assert (await evaluate(world, project))["result"]["best_occupancies"] == best


async def test_the_day_of_delivery_itself_begins_the_year(world: World) -> None:
    project = await delivered(world, "2024-10-01")
    await reported(world, project, 1, "2024Q3", (rows.MOMENT, 1, [letting(0, "9900")]))
    assert (await evaluate(world, project))["result"]["best_occupancies"] == {}


async def test_the_reference_day_lies_between_delivery_and_today_or_the_last_day(world: World) -> None:
    project = await delivered(world)
    for today, reference_on, status in (
        ((2025, 7, 1), "2025-07-01", 200),
        ((2025, 7, 1), "2025-07-02", 422),
        ((2025, 7, 1), "2024-09-30", 200),
        ((2025, 7, 1), "2024-09-29", 422),
        ((2025, 9, 30), "2025-09-30", 200),
        ((2025, 10, 1), "2025-09-30", 200),
        ((2025, 10, 1), "2025-10-01", 422),
    ):
        set_date(world, *today)
        answer = await evaluate(world, project, status, reference_on=reference_on)
        if status == 200:
            assert answer["reference_on"] == reference_on
        else:
            assert answer["errors"][0]["pointer"] == "/body/reference_on"


def stated(index: int = 0, **changes: Any) -> dict[str, Any]:
    return letting(index, "80", "100") | {"signed_area_m2": "90"} | changes


CLAUSES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"moved_in_area_m2": "100", "signed_area_m2": "100"}, None),
    ({"moved_in_area_m2": "100.01"}, "leasable_area_m2"),
    ({"signed_area_m2": "100.01"}, "leasable_area_m2"),
    ({"index": 1}, None),
    ({"index": 2}, "index"),
    ({"units": 5, "let_units": 5}, None),
    ({"units": 5, "let_units": 6}, "let_units"),
    ({"units": 5}, None),
    ({"let_units": 6}, None),
]


async def test_each_clause_of_a_letting(world: World) -> None:
    project = await delivered(world)
    pointers = []
    for changes, expected in CLAUSES:
        sent = stated(**changes)
        differs = [{"field": "/lettings/0/leasable_area_m2", "reason": "示例理由"}]
        body = {"lettings": [sent], "industries": None, "area_reasons": differs}
        answer = await evaluate(world, project, 422 if expected else 200, **body)
        pointers.append(answer["errors"][0]["pointer"].rsplit("/", 1)[1] if expected else None)
    assert pointers == [expected for _, expected in CLAUSES]
