"""Records of another district or owner: no read shows them and no act reaches them, over every operation."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from deploy.demo.personas import Persona
from services import SERVICES, load
from tests.enumeration import operations
from tests.funding import rows, test_municipal_money
from tests.journeys.admission import DISTRICT_ROLES, table
from tests.journeys.populate import known_ids, populate
from tests.journeys.test_admission import streams_ended
from tests.keys import new_key
from tests.sealing import seal
from tests.world import World

ELSEWHERE, STRANGER = "110106", "91110000802100433B"
OUTSIDE = frozenset({"applicant", *DISTRICT_ROLES})
"""Roles that see a district's or an owner's rows, not the whole city's."""
PUBLIC = {
    "read_ruleset": "the rules by which a case was decided",
    "list_figure_batches": "figures of the whole city, which belong to no district",
    "get_figure_batch": "the same",
    "read_fund_programme": "a name under which the city gives money, which belongs to no district",
    "read_budget": "the appropriation of the whole city",
    "read_quarter of intake": "the quarter of the district that the address names",
    "read_quarter_snapshot": "the same",
}
"""Reads by an address that names no district's or owner's record."""
STATUSES = {
    "correction_order": "ordered", "penalty": "unpaid", "payee_account": "entered", "approval_change": "requested",
    "plan_change": "drafted",
}  # fmt: skip
"""Records of funding that no populated case has."""
IDS = {
    "intake": {"batch_id": "series_batch.id", "record_id": "municipal_funding_record.id"},
    "funding": {
        "order_id": "correction_order.id payment_order.id", "change_id": "approval_change.id plan_change.id",
        "payee_account_id": "payee_account.id", "penalty_id": "penalty.id",
    },
}  # fmt: skip
"""Columns that hold the ids of records which are there only here."""


async def completed(world: World, service: str) -> None:
    """Add the records that populated cases lack."""
    if service == "intake":
        await test_municipal_money.register(world)
        await figure_used(world)
    if service == "funding":
        case = await world.database.admin.fetchval("SELECT id FROM funding.application ORDER BY 1 LIMIT 1")
        for name, status in STATUSES.items():
            await rows.add(world, name, case, status)


_USE = f"""
INSERT INTO intake.series_use (case_id, district, applicant_uscc, act, at, figures)
SELECT id, district, applicant_uscc, 'receive', {rows.NOW}, ARRAY[$1] FROM intake.declaration ORDER BY id LIMIT 1
RETURNING case_id::text
"""


async def figure_used(world: World) -> None:
    """Let a declaration of intake have read a figure that a batch replaces; the city sees it, and its own district."""
    admin, at = world.database.admin, "?kind=lpr&key=1Y&on=2023-12-20"
    await admin.execute(f"INSERT INTO intake.series_batch {rows.ROWS['series_batch'].format(status='proposed')}")
    (held,) = (await world.get("intake", f"/v1/series{at}", "auditor-1"))["items"]
    case = await admin.fetchval(_USE, held["name"])
    for who, cases in (("city-officer-1", [case]), ("110105-officer-1", [case]), ("110106-officer-1", [])):
        seen = await world.get("intake", f"/v1/series/batches/{rows.RECORD}/affected", who)
        assert [each["case_id"] for each in seen["items"]] == cases, who


async def every_id(world: World, service: str) -> dict[str, list[str]]:
    """Return the known values of path parameters, with the ids of the added records."""
    known = await known_ids(world, service)
    for name, columns in IDS.get(service, {}).items():
        for table_name, column in (each.split(".") for each in columns.split()):
            found = await world.database.admin.fetch(
                f"SELECT {column}::text AS id FROM {service}.{table_name} ORDER BY 1"
            )
            known[name] = [*known.get(name, []), *(row["id"] for row in found)]
    return known


def outsiders(world: World, roles: frozenset[str]) -> Iterator[Persona]:
    """Yield a person of another district or owner for each admitted role."""
    for role in sorted(roles & OUTSIDE):
        yield (
            world.owner(STRANGER, "另一家示例公司")
            if role == "applicant"
            else Persona(f"outsider-{role}", "示例", (role,), ELSEWHERE)
        )


def addresses(route: APIRoute, known: dict[str, list[str]]) -> Iterator[str]:
    """Yield the addresses of the populated records: the first and the last value of the first parameter."""
    names = re.findall(r"\{(\w+)\}", route.path)
    values = known.get(names[0], []) if names else [""]
    for value in dict.fromkeys([*values[:1], *values[-1:]]):
        path = route.path.replace(f"{{{names[0]}}}", value) if names else route.path
        for name in names[1:]:
            path = path.replace(f"{{{name}}}", known.get(name, ["0"])[0])
        yield path


async def proofs(world: World, service: str) -> list[str]:
    """Seal the populated records and return the addresses of the proofs that there are now, at most two of a kind."""
    await seal(world, service)
    seals, found = load(service).seals, []
    for kind in seals.provable:
        table = seals.by_kind()[f"{service}.{kind}"]
        (key,) = table.key
        rows = await world.database.admin.fetch(
            f"SELECT t.{key}::text FROM {table.kind} t WHERE {table.where} ORDER BY 1 LIMIT 2"
        )
        found += [f"/v1/proofs/{kind}/{row[key]}" for row in rows]
    for path in found:
        await world.get(service, path, "auditor-1")
    return found


def shows_nothing(answer: httpx.Response) -> bool:
    if answer.status_code in (403, 404):
        return True
    return answer.status_code == 200 and answer.json().get("items") == []


def reads(service: str) -> Iterator[tuple[str, APIRoute]]:
    """Yield the reads that admit somebody of a district or an owner, by name, less those of public records."""
    admitted = table(service)
    for name, route in operations(service).items():
        named = PUBLIC.keys() & {name, f"{name} of {service}"}
        if route.methods == {"GET"} and not named and admitted["GET", route.path].roles & OUTSIDE:
            yield name, route


@pytest.mark.parametrize("service", SERVICES)
async def test_no_read_shows_a_record_of_another_district_or_owner(world: World, service: str) -> None:
    await populate(world, service)
    await completed(world, service)
    await world.settle()
    known, asked = await every_id(world, service), set()
    proved = await proofs(world, service)
    assert proved
    ids = {value for values in known.values() for value in values if re.fullmatch("[0-9a-f-]{36}", value)}
    assert len(ids) >= 3
    new = new_key(service, districts=[ELSEWHERE])
    key = await world.post(service, "/v1/api-keys", "city-supervisor-1", new, 201)
    for name, route in reads(service):
        roles = table(service)["GET", route.path].roles
        credentials = [world.token(who) for who in outsiders(world, roles)]
        credentials += [key["key"]] if "system" in roles else []
        for path in proved if name == "prove_record" else addresses(route, known):
            for credential in credentials:
                headers = {"authorization": f"Bearer {credential}"}
                with streams_ended(world, service):
                    answer = await world.clients[service].get(path, headers=headers)
                shown = {value for value in ids if value in answer.text and value not in path}
                assert shown == set(), path
                assert "{" not in route.path or shows_nothing(answer), (path, answer.text)
            asked.add(name)
    assert asked == {name for name, _ in reads(service)}
