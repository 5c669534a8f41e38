"""Rows of monitoring's tables, written without the acts that lead to them: what a test states, the rest arbitrary."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.monitoring.models.base import Base
from services.monitoring.models.credit import CreditRating, Entity
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection, InspectionPlan
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.models.readings import Meter, Reading, ReadingFinding
from services.monitoring.rules.credit import entity_id
from shared.actors import system_actor
from tests.monitoring.fixtures import AS_OF, OTHER, OWNER, report
from tests.world import World

ONE, TWO = UUID(int=1), UUID(int=2)
PLAN = UUID(int=77)
DAY, MOMENT = date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC)
PLACES = {ONE: ("110105", OWNER), TWO: ("110106", OTHER)}


def _scope(declaration_id: UUID) -> dict[str, Any]:
    district, uscc = PLACES.get(declaration_id, PLACES[ONE])
    return {"declaration_id": declaration_id, "district": district, "applicant_uscc": uscc}


def file(number: int, **changes: Any) -> ProjectFile:
    money = dict.fromkeys(("returned_yuan", "demanded_yuan", "recovered_yuan"), Decimal(0))
    names = {"declaration_no": f"N{number}", "project_name": f"P{number}", "applicant_name": f"A{number}"}
    state = {"status": "under_way", "held": False, "mode": "investment_grant", "award_yuan": 9, "released_yuan": 5}
    policy = {"facts": {}, "components": [], "targets": [], "simulated": [], "ruleset": "0", "as_of": AS_OF}
    usual = _scope(UUID(int=number)) | money | names | state | policy | {"first_released_on": DAY}
    stated = usual | changes
    return ProjectFile(**stated, entity_id=entity_id(stated["applicant_uscc"]))


def quarter(number: int, declaration_id: UUID, code: str, **changes: Any) -> ProjectQuarter:
    usual = {"due_on": DAY, "calendar_known": True, "state": "open", "round": 0, "late": False, "report": report()}
    lists: dict[str, Any] = {"warnings": [], "return_reasons": [], "version": 1}
    return ProjectQuarter(id=UUID(int=number), quarter=code, **(_scope(declaration_id) | usual | lists | changes))


def submission(
    number: int, of: ProjectQuarter, round: int, submitted_at: datetime = MOMENT, **changes: Any
) -> QuarterSubmission:
    amounts = {"progress": Decimal(0), "investment_done_yuan": Decimal(1), "subsidy_used_yuan": Decimal(2)}
    text: dict[str, Any] = {"report": report(), "warnings": [], "late": False, "submitted_by": "x"}
    key: dict[str, Any] = {"id": UUID(int=number), "quarter_id": of.id, "quarter": of.quarter, "round": round}
    stated = key | amounts | text | changes
    return QuarterSubmission(**_scope(of.declaration_id), **stated, submitted_at=submitted_at)


def meter(number: int, declaration_id: UUID, meter_no: str, kind: str) -> Meter:
    text = {"meter_no": meter_no, "label": "表", "kind": kind, "period": "day", "version": 1}
    return Meter(id=UUID(int=number), **_scope(declaration_id), **text)


def reading(of: Meter, measured_at: datetime, out_of_range: bool) -> Reading:
    scope = {"district": of.district, "applicant_uscc": of.applicant_uscc, "received_from": "x"}
    moments = {"measured_at": measured_at, "received_at": MOMENT - measured_at + MOMENT}  # the latest comes first
    return Reading(meter_id=of.id, value=Decimal(1), out_of_range=out_of_range, **moments, **scope)


def breach(number: int, of: Meter, measured_on: date, state: str) -> ReadingFinding:
    closed = {"by": "x", "at": MOMENT.isoformat(), "reason": "y"} if state == "closed" else None
    value: dict[str, Any] = {"quantity": of.kind, "value": Decimal(1), "threshold": "不低于 2", "closed": closed}
    key = {"id": UUID(int=number), "meter_id": of.id, "measured_on": measured_on, "state": state}
    return ReadingFinding(**_scope(of.declaration_id), **key, **value)


def plan() -> InspectionPlan:
    drawn: dict[str, Any] = {"size": 1, "drawn": [], "weights": {}, "drawn_by": "x", "drawn_at": MOMENT}
    return InspectionPlan(id=PLAN, district="110000", quarter="2024Q1", **drawn)


def inspection(number: int, declaration_id: UUID, **changes: Any) -> Inspection:
    usual: dict[str, Any] = {"risk_score": Decimal(0), "reasons": [], "state": "planned", "evidence": []}
    return Inspection(id=UUID(int=number), **(_scope(declaration_id) | usual | changes))


def finding(number: int, declaration_id: UUID, inspection_id: UUID, **changes: Any) -> Finding:
    usual: dict[str, Any] = {"ordinal": number, "kind": "other", "clause": "四（一）3", "grave": False}
    usual |= {"description": "问题", "evidence": [], "found_on": DAY, "rectify_by": DAY, "state": "open"}
    key = {"id": UUID(int=number), "inspection_id": inspection_id}
    return Finding(**(_scope(declaration_id) | key | usual | changes))


def entity(uscc: str, **changes: Any) -> Entity:
    return Entity(id=entity_id(uscc), district="110000", applicant_uscc=uscc, name="单位", **changes)


def rating(number: int, uscc: str, **changes: Any) -> CreditRating:
    proposal: dict[str, Any] = {"grade": "A", "points": 100, "grounds": [], "explanation": []}
    owner = {"entity_id": entity_id(uscc), "district": "110000", "applicant_uscc": uscc}
    usual = {"state": "decided", "proposal": proposal, "reason": "x", "noticed_on": DAY, "objection_due_on": DAY}
    return CreditRating(id=UUID(int=number), **(owner | usual | changes))


async def store(world: World, *groups: list[Base]) -> None:
    """Insert the groups of rows one after the other, so that a row follows those it refers to."""
    async with world.instances["monitoring"].database.session(system_actor("monitoring")) as session:
        for group in groups:
            session.add_all(group)
            await session.flush()
