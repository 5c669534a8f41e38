"""Steps after the release: quarterly reports, readings, inspection, delivery, evaluation, credit, green projects."""

from datetime import date
from decimal import Decimal
from typing import Any

from deploy.demo.personas import PEOPLE
from deploy.demo.story.client import StoryClient, Unexpected, together
from deploy.demo.story.funding import AWARDS, SUBSIDY
from deploy.demo.story.projects import CAP, DIVERTED, FUNDED, MISSED, Case
from shared.money import round_fen

CHECKED, DELIVERED, METERED = date(2024, 10, 22), date(2024, 12, 10), date(2025, 1, 15)
EVALUATED, ISSUED, NOTICED, DECIDED = date(2025, 11, 20), date(2025, 11, 25), date(2025, 12, 1), date(2026, 1, 20)
REPORTS = {
    "2024Q3": date(2024, 10, 14),
    "2024Q4": date(2025, 1, 13),
    "2025Q1": date(2025, 4, 11),
    "2025Q2": date(2025, 7, 11),
    "2025Q3": date(2025, 10, 15),
}
SILENT = {(DIVERTED.key, quarter) for quarter in REPORTS if quarter != "2024Q3"} | {(MISSED.key, "2025Q2")}
GRADES = {"cap": "A", "diverted": "D"}


def _file(ids: dict[str, str], case: Case) -> str:
    return f"/v1/files/{ids[case.key]}"


async def report_quarter(client: StoryClient, ids: dict[str, str], quarter: str) -> None:
    """Report the quarter for every funded project, and confirm it by the district. 四（一）2"""
    await client.move_to(REPORTS[quarter])
    reporting = [case for case in FUNDED if (case.key, quarter) not in SILENT]
    await together(*(_report_quarter(client, ids, case, quarter) for case in reporting))


async def _report_quarter(client: StoryClient, ids: dict[str, str], case: Case, quarter: str) -> None:
    path = f"{_file(ids, case)}/quarters/{quarter}"
    read = await client.ask("monitoring", "GET", path, case.owner, expect=(200, 404))
    if read.status_code == 404:  # a project reports from the quarter on in which it was funded
        return
    body, version = _report(case, quarter), read.headers["etag"]
    await client.put("monitoring", path, case.owner, f"{case.key}-{quarter}-draft", body, version)
    await client.decide("monitoring", f"{path}/submit", case.owner, f"{case.key}-{quarter}-submit")
    officer = f"{case.district}-officer-1"
    await client.decide("monitoring", f"{path}/confirm", officer, f"{case.key}-{quarter}-confirm")


def _report(case: Case, quarter: str) -> dict[str, Any]:
    received = AWARDS.get(case.key, "0.00" if quarter == "2024Q3" else SUBSIDY)
    done = {"2024Q3": "0.45", "2024Q4": "0.95"}.get(quarter, "1")
    kinds = {part["kind"]: part["fixed_investment_yuan"] for part in case.components}
    return {
        "progress": done,
        "investment": [
            {"kind": kind, "done_yuan": str(round_fen(Decimal(yuan) * Decimal(done)))} for kind, yuan in kinds.items()
        ],
        "subsidy_received_yuan": received,
        "subsidy_used": [{"purpose": "structure", "amount_yuan": "1000000.00"}] if received != "0.00" else [],
        "energy": {"electricity_kwh": "120000"},
        "jobs": 60,
    }


async def watch(client: StoryClient, ids: dict[str, str]) -> None:
    """Register a meter on the first building and send readings, one of them out of range. 四（一）3"""
    await client.move_to(METERED)
    meter = {"meter_no": "示例电表1", "kind": "electricity_kwh", "label": "总用电", "period": "day", "high": "9000"}
    made = await client.post("monitoring", f"{_file(ids, CAP)}/meters", "city-officer-2", "cap-meter", meter)
    readings = [
        {"meter_id": made["id"], "measured_at": f"2025-01-{day:02d}T08:00:00+08:00", "value": value}
        for day, value in ((12, "4200"), (13, "4350.5"), (14, "9800"))
    ]
    answer = await client.post(
        "monitoring", "/v1/readings:batch", CAP.owner, "cap-readings", {"readings": readings}, expect=207
    )
    if len(answer["results"]) != len(readings):
        raise Unexpected(f"readings: {answer}")


async def find_diversion(client: StoryClient, ids: dict[str, str]) -> None:
    """Order an inspection, which finds that the subsidy was diverted. 四（一）1, 四（一）3"""
    await client.move_to(CHECKED)
    path = f"{_file(ids, DIVERTED)}/inspections"
    await client.until("monitoring", _file(ids, DIVERTED), "city-officer-2", bool, "a project file")
    ordered = await client.post("monitoring", path, "city-officer-2", "diverted-inspection", {"reason": "群众举报线索"})
    check = f"/v1/inspections/{ordered['id']}"
    inspector = {"name": PEOPLE["inspector-1"].name, "roles": ["inspector"], "reason": "首次派出核查"}
    entry = "/v1/people/inspector-1"
    await client.ask("monitoring", "PUT", entry, "city-supervisor-1", key="inspector-entry", body=inspector)
    await client.decide(
        "monitoring", f"{check}/assign", "city-officer-2", "diverted-assign", {"inspector": "inspector-1"}
    )
    clear = {"conflict": False, "statement": "与项目单位无利益关系"}
    await client.post("monitoring", f"{check}/declare-interest", "inspector-1", "diverted-interest", clear)
    finding = {
        "kind": "funds_diverted", "clause": "四（一）1", "amount_yuan": "30000000.00",
        "description": "专户资金转出用于购置其他地块",
    }  # fmt: skip
    found = {"inspected_on": CHECKED.isoformat(), "summary": "查看现场、账册和专户流水", "findings": [finding]}
    await client.decide("monitoring", f"{check}/complete", "inspector-1", "diverted-complete", found)


async def deliver(client: StoryClient, ids: dict[str, str]) -> None:
    """Deliver two projects; the year until their evaluation begins. 二（三）1"""
    await client.move_to(DELIVERED)
    for case in (CAP, MISSED):
        body = {"delivered_on": DELIVERED.isoformat(), "proof": f"示例竣备2024-{case.number:03d}"}
        await client.decide(
            "monitoring", f"{_file(ids, case)}/deliver", f"{case.district}-officer-1", f"{case.key}-deliver", body
        )


async def evaluate(client: StoryClient, ids: dict[str, str]) -> None:
    """Evaluate both within the year: one reaches its targets, the other has too little area let. 三（三）"""
    for case, moved_in in ((CAP, "51000.00"), (MISSED, "15600.00")):
        await client.move_to(EVALUATED)
        path = f"{_file(ids, case)}/evaluation"
        officer = f"{case.district}-officer-2"
        await client.decide("monitoring", path, officer, f"{case.key}-evaluate", _actuals(moved_in, case))
    await client.move_to(ISSUED)
    for case in (CAP, MISSED):
        path, supervisor = f"{_file(ids, case)}/evaluation", f"{case.district}-supervisor-1"
        issued = await client.decide("monitoring", f"{path}/issue", supervisor, f"{case.key}-issue-evaluation")
        if issued["targets_met"] is not (case is CAP):
            raise Unexpected(f"{case.name}: targets met: {issued['targets_met']}")
        await client.decide("monitoring", f"{path}/acknowledge", "city-officer-3", f"{case.key}-acknowledge")
    for case in (CAP, MISSED):
        declaration = f"/v1/declarations/{ids[case.key]}"
        await client.until("intake", declaration, case.owner, _is_evaluated, "the stage after an evaluation")


def _is_evaluated(declaration: dict[str, Any]) -> bool:
    return bool(declaration["stage"] == "evaluated")


def _actuals(moved_in: str, case: Case) -> dict[str, Any]:
    leasable = "60000.00" if case is CAP else "20000.00"
    area = {"area_m2": leasable}
    used = {"method": "METERED", **area}
    let = {"index": 0, "leasable_area_m2": leasable, "moved_in_area_m2": moved_in, "signed_area_m2": leasable}
    return {
        "reference_on": "2025-11-18",
        "lettings": [let],
        "key_tenants": [{"name": "示例重点企业", "level": "district", "moved_in": True}],
        "industries": [{"industry": "modern_services", "area_m2": moved_in}],
        "tax": {"before_yuan": "1000000.00", "after_yuan": "25000000.00", **area},
        "energy": {
            "baseline": used | {"electricity_kwh": "5000000"},
            "report": used | {"electricity_kwh": "3900000", "pv_used_kwh": "300000"},
        },
        "roof": {"pv_projection_m2": "1300.00", "roof_projection_m2": "3000.00"},
        "funds": {"misused": False, "ledger_matches": True, "audit_findings": 0},
    }  # fmt: skip


async def rate(client: StoryClient, ids: dict[str, str]) -> None:
    """Rate the credit: notice, days for an objection, decision by a person. 四（一）3"""
    await client.move_to(NOTICED)
    rated = (CAP, DIVERTED, MISSED)
    noticed = {}
    for case in rated:
        path = f"/v1/entities/{case.owner.uscc}/credit/notice"
        reason = {"reason": "年度信用评价"}
        noticed[case.key] = await client.decide("monitoring", path, "city-officer-3", f"{case.key}-notice", reason)
    await client.move_to(DECIDED)
    for case in rated:
        grade = noticed[case.key]["proposal"]["grade"]
        if GRADES.get(case.key, grade) != grade:
            raise Unexpected(f"{case.name}: credit {grade}")
        ruling = {"grade": grade, "reason": "期限内无申辩，按计算等级认定"}
        path = f"/v1/entities/{case.owner.uscc}/credit/decide"
        await client.decide("monitoring", path, "city-supervisor-1", f"{case.key}-decide", ruling)


async def register_green(client: StoryClient, ids: dict[str, str]) -> None:
    """Register the delivered building with the green exchange. 四（二）1"""
    path = f"{_file(ids, CAP)}/green-record"
    await client.post("monitoring", path, "city-officer-2", "cap-green", {})
    await client.decide("monitoring", f"{path}/send", "city-officer-2", "cap-green-send")
    registration = {"exchange_no": "示例绿库2026-001"}
    await client.decide("monitoring", f"{path}/register", "city-officer-2", "cap-green-register", registration)
