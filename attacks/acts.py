"""Attacks by people of the office: acts on an old version, twice, in another's name, or with a colleague's part too."""

import itertools
from typing import Any

from attacks.registry import attack
from attacks.target import Succeeded, Target
from services import SERVICES

PDF = b"%PDF-1.7\n"
DRAFT: dict[str, Any] = {
    "project_name": "攻击用示例项目",
    "project_code": "2401-110105-04-01-000077",
    "address": "北京市朝阳区示例路77号",
    "applicant_name": "示例置业有限公司",
    "applicant_uscc": "91110000600037341L",
    "district": "110105",
    "operation_mode": "own",
    "facts": {},
}
_numbers = itertools.count()


async def drafted(target: Target, **changed: Any) -> tuple[str, Any]:
    """Create a draft as an owner; return its id and the owner."""
    body = DRAFT | changed
    owner = target.owner_of(body)
    answer = await target.ask("intake", "POST", "/v1/declarations", owner, json=body)
    if answer.status_code != 201:
        raise RuntimeError(f"no draft: {answer.status_code} {answer.text[:300]}")
    return answer.json()["id"], owner


async def awarded(target: Target, status: str) -> dict[str, Any]:
    """Return one of the story's applications in a status."""
    page = await target.ask("funding", "GET", f"/v1/applications?status={status}", "city-officer-1")
    found: dict[str, Any] = page.json()["items"][0]
    return found


@attack("acts")
async def confirm_what_was_not_read(target: Target) -> None:
    """Confirm a budget with an old ETag, and with none"""
    body = {"year": 2031, "amount_yuan": "1000000.00", "document_no": f"攻击预算{next(_numbers)}号"}
    drafted = await target.ask("funding", "POST", "/v1/budgets", "city-officer-1", json=body)
    path = f"/v1/budgets/{drafted.json()['id']}/confirm"
    await target.refused(428, "funding", "POST", path, "city-supervisor-2")
    await target.refused(412, "funding", "POST", path, "city-supervisor-2", headers={"if-match": '"77"'})


@attack("acts")
async def approve_the_own_request(target: Target) -> None:
    """Request a release and approve it alone"""
    application = await awarded(target, "planned")
    path = f"/v1/applications/{application['id']}/release-requests"
    requested = await target.ask("funding", "POST", path, "finance-3", json={"evidence": "计划已下达，专户已开立"})
    if requested.status_code != 201:
        raise RuntimeError(f"no request: {requested.text[:300]}")
    tag = await target.tag("funding", f"/v1/release-requests/{requested.json()['id']}", "finance-3")
    path = f"/v1/release-requests/{requested.json()['id']}/approve"
    await target.refused(403, "funding", "POST", path, "finance-3", headers=tag)


@attack("acts")
async def replay_after_moving_to_another_district(target: Target) -> None:
    """Get the old answer with the old key after a move to another district"""
    moved = type(target.owner_of(DRAFT))("moving-officer", "调动人员（示例）", ("district_officer",), "110105")
    after = type(moved)("moving-officer", "调动人员（示例）", ("district_officer",), "110106")
    body: dict[str, Any] = {"rows": []}
    key = {"idempotency-key": "moved-1"}
    first = await target.ask("intake", "POST", "/v1/resources:batchUpsert", moved, json=body, headers=key)
    again = await target.ask("intake", "POST", "/v1/resources:batchUpsert", after, json=body, headers=key)
    if again.headers.get("idempotency-replayed") and first.is_success:
        raise Succeeded("the answer of the old district was replayed")


@attack("acts")
async def pass_another_act_under_a_used_key(target: Target) -> None:
    """Send another body under a used key, with an unusual content type"""
    owner = target.owner_of(DRAFT)
    for kind in ("application/JSON", "application/json; charset=utf-8", "text/plain"):
        headers = {"idempotency-key": f"odd-{kind[-5:]}", "content-type": kind}
        answers = [
            await target.ask(
                "intake",
                "POST",
                "/v1/declarations",
                owner,
                content=f'{{"project_name": "示例{number}"}}'.encode(),
                headers=headers,
            )
            for number in (1, 2)
        ]
        if answers[1].headers.get("idempotency-replayed"):
            raise Succeeded(f"{kind}: another body got the first answer")


@attack("acts")
async def lose_a_file_under_a_used_key(target: Target) -> None:
    """Upload another file of equal length under a used key"""
    case, owner = await drafted(target)
    path = f"/v1/declarations/{case}/materials?kind=credit_report&filename=a.pdf"
    key = {"idempotency-key": "two-files"}
    await target.ask("intake", "POST", path, owner, content=PDF + b"1234", headers=key)
    await target.refused(422, "intake", "POST", path, owner, content=PDF + b"5678", headers=key)


@attack("acts")
async def find_a_secret_among_the_kept_answers(target: Target) -> None:
    """Find an API key's secret in the store of answers"""
    body = {"name": "示例系统", "districts": ["110105"], "scopes": ["read:events"], "reason": "攻击测试"}
    issued = await target.ask("intake", "POST", "/v1/api-keys", "city-supervisor-1", json=body)
    if issued.status_code != 201:
        raise RuntimeError(f"no key: {issued.text[:300]}")
    async with target.administrator() as admin:
        for service in SERVICES:
            kept = f"SELECT count(*) FROM {service}.idempotency_key WHERE convert_from(body, 'UTF8') LIKE '%th_live_%'"
            if await admin.fetchval(kept):
                raise Succeeded(f"{service} keeps the secret of an API key")


@attack("acts")
async def have_an_act_accepted_that_nobody_can_read(target: Target) -> None:
    """Have an act accepted whose event its readers refuse"""
    application = await awarded(target, "releasing")
    path = f"/v1/applications/{application['id']}"
    statuses = []
    for length in (200, 201, 500, 501, 4000, 4001):
        tag = await target.tag("funding", path, "city-officer-1")
        body = {"ground": "other", "clause": "四（一）1", "severity": "review", "reason": "长" * length}
        answer = await target.ask("funding", "POST", f"{path}/hold", "city-officer-1", json=body, headers=tag)
        statuses.append(answer.status_code)
    if not {200, 201} & set(statuses) or 422 not in statuses:
        raise RuntimeError(f"the lengths were answered {statuses}")
    await target.settled()
    async with target.administrator() as admin:
        for service in SERVICES:
            if await admin.fetchval(f"SELECT count(*) FROM {service}.dead_letter"):
                raise Succeeded(f"{service} could not read the event of an accepted act")
