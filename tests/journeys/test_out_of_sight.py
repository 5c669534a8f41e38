"""Records of another district or owner: no read shows them and no act reaches them, over every operation."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from deploy.demo.personas import Persona
from services import SERVICES, load
from tests.enumeration import operations
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
    "read_budget": "the appropriation of the whole city",
    "read_quarter of intake": "the quarter of the district that the address names",
    "read_quarter_snapshot": "the same",
}
"""Reads by an address that names no district's or owner's record."""


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
    await world.settle()
    known, asked = await known_ids(world, service), set()
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
