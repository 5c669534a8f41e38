"""Cases at several stages in each service, and the ids that lead requests to them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from sqlalchemy import text

from shared.actors import system_actor
from shared.contracts.base import event_types
from tests.attachments import attached
from tests.eligibility import fixtures as eligibility_fixtures
from tests.eligibility import test_programmes, test_standards_confirmed
from tests.funding import case as funding_case
from tests.funding import interest_steps
from tests.intake import sample_declarations, sample_rows
from tests.keys import new_key
from tests.monitoring import fixtures as monitoring_fixtures
from tests.shared.series import acts as series_acts
from tests.world import World

_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "intake": {
        "declaration_id": "declaration.id",
        "case_id": "declaration.id",
        "material_id": "material.id",
        "entry_id": "library_entry.id",
        "external_id": "resource.external_id",
        "district": "resource.district",
        "quarter": "resource.quarter",
    },
    "eligibility": {
        "batch_id": "series_batch.id",
        "declaration_id": "review.declaration_id",
        "case_id": "review.declaration_id",
        "ruleset_hash": "ruleset.hash",
        "standard_id": "district_standard.id",
        "programme_id": "district_programme.id",
    },
    "funding": {
        "order_id": "correction_order.id",
        "batch_id": "series_batch.id",
        "application_id": "application.id",
        "case_id": "application.id",
        "appropriation_id": "appropriation.id",
        "year": "appropriation.year",
        "plan_id": "investment_plan.id",
        "request_id": "release_request.id",
        "clawback_id": "clawback_request.id",
        "penalty_id": "penalty.id",
        "change_id": "approval_change.id",
        "loan_id": "loan.id",
        "claim_id": "interest_claim.id",
        "calculation_id": "interest_calculation.id",
        "version_id": "interest_line.id",
        "return_id": "money_return.id",
        "entry_id": "public_money.id",
        "referral_id": "bank_referral.id",
    },
    "monitoring": {
        "batch_id": "series_batch.id",
        "declaration_id": "project_file.declaration_id",
        "case_id": "project_file.declaration_id",
        "quarter": "project_quarter.quarter",
        "meter_id": "meter.id",
        "finding_id": "finding.id reading_finding.id",
        "inspection_id": "inspection.id",
        "plan_id": "inspection_plan.id",
        "repair_id": "credit_repair.id",
        "uscc": "entity.applicant_uscc",
    },
}


async def intake(world: World) -> None:
    """Create a resource, a library project and declarations from draft to received."""
    await sample_rows.push(world, [sample_rows.resource()])
    await sample_rows.push_projects(world, [sample_rows.project()])
    await sample_rows.put(world, sample_rows.resource("R-2"), 201)
    for number, carry in enumerate(
        (
            sample_declarations.ready,
            sample_declarations.submitted,
            sample_declarations.reviewed,
            sample_declarations.received,
        ),
        1,
    ):
        code = f"2401-110105-04-01-00000{number}"
        await carry(world, project_name=f"示例大厦{number}号楼改造项目", project_code=code, address=f"示例路{number}号")


async def eligibility(world: World) -> None:
    """Create a review that is open, one that is passed, and one ready for the pool."""
    open_case = await eligibility_fixtures.forward(world, eligibility_fixtures.facts(drop=["surroundings_coordinated"]))
    await eligibility_fixtures.act(world, open_case, "settle", "city-officer-1", eligibility_fixtures.SETTLE)
    await eligibility_fixtures.passed_review(world)
    await eligibility_fixtures.assessed_project(world)
    standard = await test_standards_confirmed.publish(world, "1000")
    await test_standards_confirmed.decide(world, standard, test_standards_confirmed.CONFIRMED)
    await test_programmes.confirmed(world)
    await series_acts.every_act(world, "eligibility")


async def funding(world: World) -> None:
    """Create a case that is new, one approved, and one whose grant was paid and is partly recovered."""
    paid = f"/v1/applications/{await funding_case.released(world)}"
    back = {"amount_yuan": "250000.00", "bank_receipt_no": "回单9", "reason": "结余退回"}
    await world.post("funding", f"{paid}/returns", "finance-1", back, 201)
    await world.post("funding", f"{paid}/clawback-requests", "city-officer-3", _CLAWBACK, 201)
    await funding_case.approved(world)
    case = await funding_case.enter_pool(world)
    await _subsidised(world)
    new = f"/v1/applications/{case}"
    await world.post("funding", f"{new}/loans", "city-officer-1", _LOAN, 201)
    await world.post("funding", f"{new}/bank-referrals", "110105-officer-1", _REFERRAL, 201)
    await world.post("funding", "/v1/municipal-money", "city-officer-3", _OTHER_MONEY, 201)
    await series_acts.every_act(world, "funding")


async def _subsidised(world: World) -> None:
    """Approve a project for interest subsidy, decide a claim with an accepted remark, and file another one."""
    case = await funding_case.enter_pool(world)
    loan = await interest_steps.register(world, case, "借2024-2", drawn_on="2023-12-01", annual_rate="0.0300")
    started = {"status": "under_construction", "started_on": "2023-12-05", "evidence": "开工报告"}
    await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", started)
    await funding_case.draft(world, case, "interest_subsidy")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    early = interest_steps.line(loan, "2023-12-05", "2024-01-20", "0.0250")
    await interest_steps.decided(world, case, early, period="2023Q4")
    await interest_steps.filed(world, case, interest_steps.line(loan, "2024-01-21", "2024-02-20"), period="2024Q1")


_CLAWBACK = {
    "ground": "funds_diverted",
    "clause": "四（一）1",
    "amount_yuan": "4000000.00",
    "reason": "部分资金用于非改造支出",
    "evidence": "现场核查记录及银行流水",
}
_LOAN = {
    "bank": "示例银行",
    "contract_no": "借2024-1",
    "principal_yuan": "100000000.00",
    "rate_type": "fixed",
    "annual_rate": "0.0200",
    "term_months": 60,
    "drawdowns": [{"on": "2024-03-01", "amount_yuan": "100000000.00", "voucher_no": "借据1"}],
}
_REFERRAL = {
    "bank": "示例银行",
    "owner_consent": True,
    "consent_document": "同意书1号",
    "wanted_yuan": "60000000.00",
    "collateral": "在建工程抵押",
}
_OTHER_MONEY = {
    "project_code": "2401-110105-04-01-000001",
    "applicant_uscc": funding_case.OWNER,
    "district": "110105",
    "programme": "示例资金",
    "amount_yuan": "3000000.00",
    "granted_on": "2023-06-01",
}


async def monitoring(world: World) -> None:
    """Create a project just funded with a meter out of range, and one inspected, delivered, evaluated and rated."""
    new = f"/v1/files/{await monitoring_fixtures.funded_project(world)}"
    meter = await world.post("monitoring", f"{new}/meters", "city-officer-1", _METER, 201)
    project = await monitoring_fixtures.funded_project(world)
    monitoring_fixtures.set_date(world, 2024, 4, 3)
    reading = {"meter_id": meter["id"], "measured_at": "2024-04-02T12:00:00+08:00", "value": "600"}
    await world.post("monitoring", "/v1/readings:batch", world.owner(), {"readings": [reading]}, 207)
    await world.post("monitoring", "/v1/inspection-plans", "city-officer-1", {"quarter": "2024Q2", "size": 1}, 201)
    await monitoring_fixtures.submit(world, project, "2024Q1")
    await monitoring_fixtures.completed_inspection(world, project, monitoring_fixtures.finding_body())
    await monitoring_fixtures.issued_evaluation(world, project)
    await world.post("monitoring", f"/v1/files/{project}/green-record", "city-officer-2", {}, 201)
    await _rated(world)
    await series_acts.every_act(world, "monitoring")


_METER = {
    "meter_no": "DL-01",
    "label": "总表",
    "kind": "electricity_kwh",
    "period": "hour",
    "low": "10",
    "high": "500",
}


async def _rated(world: World) -> None:
    credit = f"/v1/entities/{monitoring_fixtures.OWNER}/credit"
    notice = await world.post("monitoring", f"{credit}/notice", "city-officer-1", {"reason": "年度评价"}, 201)
    world.clock.set(world.clock.now() + timedelta(days=30))
    decision = {"grade": notice["proposal"]["grade"], "reason": "事实清楚"}
    await world.post("monitoring", f"{credit}/decide", "city-supervisor-1", decision)
    grounds = [row["ground_id"] for row in notice["proposal"]["grounds"]]
    repair = {"ground_ids": grounds, "text": "已全部整改", "evidence": ["整改-1"]}
    await world.post("monitoring", f"{credit}/repair", world.owner(), repair, 201)


_POPULATE: Mapping[str, Callable[[World], Awaitable[None]]] = {
    "intake": intake,
    "eligibility": eligibility,
    "funding": funding,
    "monitoring": monitoring,
}


_OF_ALL = {"key_id": "api_key.id", "attachment_id": "attachment.id"}
_PAPERS = {
    "intake": ("declaration", "declaration.id", "bar_evidence"),
    "eligibility": ("review", "review.declaration_id", "settlement_evidence"),
    "funding": ("application", "application.id", "change_evidence"),
    "monitoring": ("file", "project_file.declaration_id", "evaluation_evidence"),
}
"""Kind and key of the record that carries a paper, and the paper's kind."""


async def populate(world: World, service: str) -> None:
    """Create the cases of a service, a paper of one of them, and an API key."""
    await world.post(service, "/v1/api-keys", "city-supervisor-1", new_key(service, districts=["110105"]), 201)
    await _POPULATE[service](world)
    record, table, kind = _PAPERS[service]
    name, _, key = table.partition(".")
    row = await world.database.admin.fetchval(f"SELECT {key} FROM {service}.{name} ORDER BY 1 LIMIT 1")
    await attached(world, service, "city-officer-1", record, row, kind)


async def known_ids(world: World, service: str) -> dict[str, list[str]]:
    """Return values of path parameters that lead to a record, in their order, so that draws are reproducible."""
    known = {"event_type": [event.type for event in event_types()]}
    async with world.instances[service].database.session(system_actor("test")) as session:
        for parameter, columns in {**_COLUMNS[service], **_OF_ALL}.items():
            for table, name in (column.split(".") for column in columns.split()):
                rows = await session.scalars(text(f"SELECT {name}::text FROM {table} GROUP BY 1 ORDER BY 1"))
                known.setdefault(parameter, []).extend(rows.all())
    return {parameter: values for parameter, values in known.items() if values}
