"""Steps of tests of interest subsidy: a planned case with loans, lines, and claims through their stages over HTTP."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.money import round_fen
from tests.attachments import attached
from tests.funding.case import appropriate, draft, enter_pool, planned, requested
from tests.world import World

DISTRICT, CITY, DECIDER = "110105-officer-1", "city-officer-3", "city-supervisor-3"


def contract(number: str = "借2024-1", drawn_on: str = "2024-03-01", **more: Any) -> dict[str, Any]:
    """Return the request that registers a fixed loan of 100 million yuan, drawn at once."""
    principal = more.get("principal_yuan", "100000000.00")
    return {
        "bank": "示例银行",
        "contract_no": number,
        "principal_yuan": principal,
        "rate_type": "fixed",
        "annual_rate": "0.0200",
        "term_months": 60,
        "drawdowns": [{"on": drawn_on, "amount_yuan": principal}],
        **more,
    }


async def register(world: World, case: UUID, number: str = "借2024-1", **more: Any) -> str:
    body = contract(number, **more)
    return str((await world.post("funding", f"/v1/applications/{case}/loans", "city-officer-1", body, 201))["id"])


async def borrower(
    world: World,
    started_on: str | None = "2024-03-01",
    declared_on: str | None = None,
    loans: tuple[dict[str, Any], ...] = ({},),
    now: datetime = datetime(2026, 6, 1, tzinfo=UTC),
) -> tuple[UUID, list[str]]:
    """Return a planned case of interest subsidy and its loans."""
    await appropriate(world)
    case = await enter_pool(world, declared_on=declared_on)
    ids = [await register(world, case, f"借2024-{place}", **loan) for place, loan in enumerate(loans, 1)]
    if started_on:
        body = {"status": "under_construction", "started_on": started_on, "evidence": "开工报告"}
        await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", body)
    await draft(world, case, "interest_subsidy")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await planned(world, case)
    world.clock.set(now)
    return case, ids


def interest(from_on: str, to_on: str, rate: str, principal: str) -> Decimal:
    """Return the interest of all days of a period over 360, both ends included, to the fen."""
    days = (date.fromisoformat(to_on) - date.fromisoformat(from_on)).days + 1
    return round_fen(Decimal(principal) * Decimal(rate) * days / 360)


def line(
    loan: str,
    from_on: str,
    to_on: str,
    rate: str = "0.0200",
    principal: str = "100000000.00",
    paid: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a settlement line with one balance and one rate; all of its interest is paid by default."""
    span = {"from_on": from_on, "to_on": to_on}
    due = interest(from_on, to_on, rate, principal)
    return {
        "loan_id": loan,
        **span,
        "end_day": "included",
        "balances": [{**span, "balance_yuan": principal}],
        "rates": [{**span, "annual_rate": rate}],
        "stated_interest_yuan": str(due),
        "payments": [payment(to_on, str(due) if paid is None else paid, f"付息{loan[-4:]}{to_on}")],
        **more,
    }


def payment(on: str, yuan: str, voucher: str = "付息1", **penal: str) -> dict[str, Any]:
    return {"paid_on": on, "paid_yuan": yuan, "voucher_no": voucher, **penal}


async def drafted(
    world: World, case: UUID, *lines: dict[str, Any], period: str = "2024H2", status: int = 201, who: Any = None
) -> Any:
    """Draft a claim as its owner."""
    path, body = f"/v1/applications/{case}/interest-claims", {"period": period, "lines": list(lines)}
    return await world.post("funding", path, who or world.owner(), body, status)


async def step(world: World, claim: Any, name: str, who: Any, body: Any = None, status: int = 200) -> Any:
    """Do one act on a claim and return the answer."""
    return await world.post("funding", f"/v1/interest-claims/{claim['id']}/{name}", who, body, status)


async def shown(world: World, claim: Any, who: Any = CITY) -> Any:
    return await world.get("funding", f"/v1/interest-claims/{claim['id']}", who)


async def filed(world: World, case: UUID, *lines: dict[str, Any], period: str = "2024H2") -> Any:
    """Draft a claim and file it with a scan of the bank's settlement."""
    return await filed_again(world, await drafted(world, case, *lines, period=period))


async def filed_again(world: World, claim: Any) -> Any:
    """File a claim that was drafted or returned, with a scan of the bank's settlement."""
    scan = await attached(world, "funding", world.owner(), "application", claim["application_id"], "bank_statement")
    return await step(world, claim, "file", world.owner(), {"attachments": [scan]})


async def accept_all(world: World, claim: Any, who: str = DISTRICT) -> list[str]:
    """Accept every open remark and return their codes."""
    codes = []
    for remark in (await shown(world, claim))["open_remarks"]:
        await step(world, claim, "accept-remark", who, {"key": remark["key"], "reason": "已核对原件"})
        codes.append(remark["code"])
    return codes


async def decided(world: World, case: UUID, *lines: dict[str, Any], period: str = "2024H2") -> Any:
    """File a claim, accept its remarks, and let district and city pass it and another decide."""
    claim = await filed(world, case, *lines, period=period)
    await accept_all(world, claim)
    for name, who in (("check", DISTRICT), ("verify", CITY)):
        await step(world, claim, name, who)
    return await step(world, claim, "decide", DECIDER)


async def pay(world: World, case: UUID, claim: Any) -> Any:
    """Request the release of a decided claim and pay it."""
    request = await requested(world, case, claim_id=claim["id"])
    return await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")


async def record(world: World, case: UUID, who: Any = CITY) -> Any:
    """Return the lines and calculations of a project."""
    return await world.get("funding", f"/v1/applications/{case}/interest", who)


async def calculation(world: World, case: UUID) -> Any:
    """Return the newest stored calculation of a project."""
    newest = (await record(world, case))["calculations"][-1]
    return await world.get("funding", f"/v1/interest-calculations/{newest['id']}", CITY)
