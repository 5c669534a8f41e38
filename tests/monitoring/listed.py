"""Rows for monitoring's lists: of each list three or four, which each filter tells apart and each sort orders anew."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from services.monitoring.models.base import Base
from services.monitoring.models.quarters import ProjectQuarter
from tests.monitoring import rows
from tests.monitoring.fixtures import OTHER, OWNER
from tests.monitoring.rows import ONE, PLAN, TWO
from tests.world import World


def at(month: int, day: int) -> datetime:
    return datetime(2024, month, day, 8, tzinfo=UTC)


def on(month: int, day: int, year: int = 2024) -> date:
    return date(year, month, day)


def files() -> list[Base]:
    made = {"status": "delivered", "evaluation_state": "running"}
    return [
        rows.file(
            1, declaration_no="N4", project_name="P3 楼宇", award_yuan=20, released_yuan=3, held=True,
            first_released_on=on(1, 2), delivered_on=on(2, 1), evaluation_due_on=on(5, 2, 2025), **made,
        ),
        rows.file(
            2, declaration_no="N1", project_name="P4 厂房", award_yuan=30, released_yuan=1,
            first_released_on=on(1, 4), applicant_name="楼宇运营公司",
        ),
        rows.file(
            3, declaration_no="N2-楼宇", project_name="P1", award_yuan=40, released_yuan=4, applicant_uscc=OTHER,
            first_released_on=on(1, 1), delivered_on=on(2, 4), evaluation_due_on=on(5, 3, 2025),
            status="evaluated", evaluation_state="issued",
        ),
        rows.file(
            4, declaration_no="N3", project_name="P2", award_yuan=10, released_yuan=2, district="110112",
            first_released_on=on(1, 3), delivered_on=on(2, 2), evaluation_due_on=on(5, 1, 2025),
            **made | {"evaluation_state": "upcoming"},
        ),
    ]  # fmt: skip


def quarters() -> list[ProjectQuarter]:
    return [
        rows.quarter(1, TWO, "2024Q2", state="submitted", due_on=on(7, 12), submitted_at=at(7, 13)),
        rows.quarter(2, ONE, "2024Q1", due_on=on(4, 15), overdue_since=on(4, 16)),
        rows.quarter(
            3, TWO, "2024Q1", state="returned", due_on=on(4, 14), overdue_since=on(5, 1), submitted_at=at(12, 1)
        ),
        rows.quarter(
            4, ONE, "2024Q3", state="confirmed", due_on=on(4, 13), overdue_since=on(10, 20), late=True,
            submitted_at=at(10, 25), confirmed_at=at(11, 30),
        ),
    ]  # fmt: skip


def submissions(of: Sequence[ProjectQuarter]) -> list[Base]:
    first, second, third, _ = of
    sent = [(1, first, 1, at(7, 20)), (2, first, 2, at(7, 18)), (3, third, 1, at(7, 19)), (4, second, 1, at(7, 19))]
    return [rows.submission(number, quarter, round, moment) for number, quarter, round, moment in sent]


def inspections() -> list[Base]:
    by_plan = {"plan_id": PLAN}
    return [
        rows.inspection(1, ONE, risk_score=3),
        rows.inspection(2, TWO, risk_score=1, state="assigned", inspector="inspector-1", **by_plan),
        rows.inspection(
            3, ONE, risk_score=2, state="completed", inspector="inspector-2", inspected_on=on(4, 5), **by_plan
        ),
        rows.inspection(4, TWO, risk_score=4, state="completed", inspector="inspector-1", inspected_on=on(4, 2)),
    ]


def findings() -> list[Base]:
    late = {"overdue_since": on(4, 9)}
    of = UUID(int=3)
    return [
        rows.finding(1, ONE, of, kind="stopped", found_on=on(3, 4), rectify_by=on(4, 3), description="停工", **late),
        rows.finding(
            2, TWO, of, kind="safety", state="rectified", grave=True, found_on=on(3, 1), rectify_by=on(4, 6), **late
        ),
        rows.finding(
            3, ONE, of,
            kind="safety", state="closed", found_on=on(3, 3), rectify_by=on(4, 1), closed_on=on(5, 2), **late
        ),
        rows.finding(
            4, TWO, of, state="closed", grave=True, found_on=on(3, 2), rectify_by=on(4, 5), closed_on=on(5, 1)
        ),
    ]  # fmt: skip


async def populate(world: World) -> None:
    meters = [
        rows.meter(1, ONE, "B", "electricity_kwh"),
        rows.meter(2, ONE, "A", "gas_m3"),
        rows.meter(3, TWO, "C", "electricity_kwh"),
    ]
    readings = [
        rows.reading(meters[0], at(4, 1), False),
        rows.reading(meters[0], at(4, 2), True),
        rows.reading(meters[0], at(4, 3), False),
        rows.reading(meters[1], at(4, 4), True),
    ]
    breaches = [
        rows.breach(1, meters[0], on(4, 3), "open"),
        rows.breach(2, meters[2], on(4, 1), "closed"),
        rows.breach(3, meters[1], on(4, 2), "open"),
    ]
    ratings = [
        rows.rating(1, OWNER, state="noticed", noticed_on=on(3, 2), objection_due_on=on(3, 17)),
        rows.rating(2, OTHER, noticed_on=on(3, 3), objection_due_on=on(3, 10)),
        rows.rating(3, OWNER, noticed_on=on(3, 1), objection_due_on=on(3, 20)),
    ]
    reported = quarters()
    first = [*files(), rows.plan(), rows.entity(OWNER), rows.entity(OTHER)]
    await rows.store(world, first, [*reported, *meters, *inspections(), *ratings])
    await rows.store(world, [*submissions(reported), *readings, *breaches, *findings()])
