"""Fixtures of funding's tests: a pooled project and each step of its case over HTTP."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from deploy.demo.personas import Persona
from shared.actors import system_actor
from shared.clock import uuid7
from shared.contracts.base import Event, Hand
from shared.contracts.eligibility import AssessedComponent, PoolEntered
from shared.contracts.facts import Component, ProjectFacts
from shared.contracts.intake import Project
from shared.events.outbox import emit
from tests.attachments import attached
from tests.world import START, World

OWNER = "91110000600037341L"
DISTRICT = "110105"


def pooled(
    investment_yuan: str = "100000000.00",
    kind: str = "building",
    uscc: str = OWNER,
    district: str = DISTRICT,
    status: str = "under_construction",
    hands: tuple[Hand, ...] = (),
    **facts: Any,
) -> PoolEntered:
    """Return the event by which eligibility announces a pooled project."""
    identity = uuid7(START)
    project = Project(
        declaration_id=identity,
        declaration_no=f"{district}-2024-{str(identity)[-4:]}",
        project_name="示例低效楼宇改造项目",
        project_code=facts.pop("project_code", None),
        address="示例路1号",
        applicant_name="示例置业有限公司",
        applicant_uscc=uscc,
        district=district,
    )
    yuan = Decimal(investment_yuan)
    part = {"kind": kind, "name": "主楼", "renovated_area_m2": Decimal(25000)}
    return PoolEntered(
        declaration_id=identity,
        district=district,
        applicant_uscc=uscc,
        project=project,
        facts=ProjectFacts.model_validate(
            {
                "project_type": "inefficient_building",
                "construction_status": status,
                "components": (Component.model_validate({**part, "fixed_investment_yuan": yuan}),),
                **facts,
            }
        ),
        components=(
            AssessedComponent.model_validate(
                {**part, "declared_investment_yuan": yuan + 1, "assessed_investment_yuan": yuan}
            ),
        ),
        score=Decimal("82.5"),
        rank=1,
        entered_on="2024-02-20",
        ruleset="rules-of-the-day",
        as_of="2024-01-15",
        hands=hands,
    )


REFUSED = {409, 412}
"""Answers to an act that another one overtook: it was read before the other was done, or after."""


async def announce(world: World, service: str, *events: Event) -> None:
    """Emit events as a service and wait until every service has handled them."""
    async with world.instances[service].database.session(system_actor(service)) as session:
        await emit(session, *events)
    await world.settle()


async def enter_pool(world: World, **overrides: Any) -> UUID:
    """Let a project enter the pool and return its id."""
    event = pooled(**overrides)
    await announce(world, "eligibility", event)
    return event.declaration_id


async def appropriate(world: World, yuan: str = "500000000.00", year: int = 2024, document_no: str = "预算1号") -> None:
    """Draft and confirm a budget."""
    body = {"year": year, "amount_yuan": yuan, "document_no": document_no}
    drafted = await world.post("funding", "/v1/budgets", "city-supervisor-1", body, 201)
    await world.post("funding", f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-2")


async def paper(world: World, kind: str = "budget_document") -> str:
    """Upload a paper to the city's treasury desk and return its id."""
    return await attached(world, "funding", "city-officer-1", "treasury", None, kind)


async def budget(world: World, **document: Any) -> Any:
    """Draft and confirm a budget document, by default of 2024 and with its paper, and return it."""
    body = {"year": 2024, "attachments": [await paper(world)], **document}
    drafted = await world.post("funding", "/v1/budgets", "city-officer-1", body, 201)
    return await world.post("funding", f"/v1/budgets/{drafted['id']}/confirm", "city-supervisor-2")


async def draft(world: World, case: UUID, mode: str = "investment_grant", status: int = 200) -> Any:
    body = {"mode": mode, "justification": "符合条件，建议支持"}
    return await world.post("funding", f"/v1/applications/{case}/draft-approval", "city-officer-1", body, status)


async def approved(world: World, mode: str = "investment_grant", **overrides: Any) -> UUID:
    """Return the id of an approved case."""
    case = await enter_pool(world, **overrides)
    await draft(world, case, mode)
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    return case


ACCOUNT = {"bank": "示例银行北京示例支行", "account_no": "0200001209001234567"}


async def enter_payee(world: World, case: UUID, **other: Any) -> Any:
    """Let the owner enter an account to which the project is paid, and return it."""
    about = await read(world, case)
    owner = world.owner(about["applicant_uscc"], about["applicant_name"])
    body = {"account_name": about["applicant_name"], **ACCOUNT, **other}
    return await world.post("funding", f"/v1/applications/{case}/payee-accounts", owner, body, 201)


async def payee(world: World, case: UUID, **other: Any) -> Any:
    """Enter the account of a project and let its district confirm it."""
    entered = await enter_payee(world, case, **other)
    district = (await read(world, case))["district"]
    return await world.post("funding", f"/v1/payee-accounts/{entered['id']}/confirm", f"{district}-officer-1")


def plan_item(case: object, **more: Any) -> dict[str, Any]:
    """Return a project of a plan with the fields of the annual plan."""
    return {
        "application_id": str(case),
        "construction_starts_on": "2024-01-01",
        "construction_ends_on": "2025-06-30",
        "year_investment_yuan": "1.00",
        "fund_source": "市级政府投资和自筹",
        **more,
    }


async def planned(world: World, *cases: UUID, batch: int = 1) -> Any:
    """Put the cases, each with its payee account, in a plan, issue it and return it."""
    for case in cases:
        if not (await read(world, case))["payee_accounts"]:
            await payee(world, case)
    body = {"year": 2024, "batch": batch, "items": [plan_item(case) for case in cases]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    return await world.post("funding", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")


async def construction(world: World, case: object, status: str = "completed", on: str | None = "2024-02-28") -> None:
    body = {"status": status, "completed_on": on, "evidence": "现场照片及竣工验收备案"}
    await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-3", body)


async def requested(world: World, case: UUID, who: str = "finance-1", status: int = 201, **more: Any) -> Any:
    path = f"/v1/applications/{case}/release-requests"
    if status == 201 and not (await read(world, case))["payee_accounts"]:
        await payee(world, case)
    return await world.post("funding", path, who, {"evidence": "计划已下达，专户已开立", **more}, status)


async def released(world: World, **overrides: Any) -> UUID:
    """Return the id of a case whose single instalment is paid."""
    await appropriate(world)
    case = await approved(world, **overrides)
    await planned(world, case)
    request = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    await world.settle()
    return case


async def paid(world: World, **overrides: Any) -> tuple[UUID, Any]:
    """Return the id of a case whose single instalment is released, and the order to the treasury to pay it."""
    case = await released(world, **overrides)
    return case, await world.post("funding", "/v1/payment-orders", "finance-1", {}, 201)


def receipt(line: Any, voucher_no: str = "凭证1", result: str = "paid", **other: Any) -> dict[str, Any]:
    """Return the receipt by which the treasury answers a line of an order."""
    stated = {"order_no": line["order_no"], "line_no": line["line_no"], "amount_yuan": line["amount_yuan"]}
    return {"voucher_no": voucher_no, "result": result, "result_on": "2024-03-01", **stated, **other}


async def booked(world: World, *receipts: Any, who: str = "finance-2", status: int = 201) -> Any:
    """Book receipts together."""
    return await world.post("funding", "/v1/treasury-receipts", who, {"receipts": list(receipts)}, status)


async def read(world: World, case: UUID, who: str | Persona = "auditor-1") -> Any:
    return await world.get("funding", f"/v1/applications/{case}", who)


def yuan(shown: Any, key: str) -> str | None:
    """Return a figure of an answer by its key."""
    return next(str(figure["yuan"]) for figure in shown["amounts"] if figure["key"] == key)


async def code(world: World, path: str, who: str | Persona, body: Any = None, status: int = 409) -> str:
    """Return the code of a refusal."""
    return str((await world.post("funding", path, who, body, status))["code"])


async def sound(world: World) -> None:
    """Assert that no event is parked and that the ledger, the cases and the announced releases agree."""
    await world.settle()
    assert await world.parked() == {}
    assert await world.get("funding", "/v1/ledger/verify", "finance-3") == {"sound": True, "drifts": []}
