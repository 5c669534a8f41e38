"""The reviewed table of the roles that each operation admits, and callers of every kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from deploy.demo.personas import PEOPLE, Persona
from tests.keys import new_key
from tests.world import World

TABLE = Path(__file__).parent / "admission.txt"
DISTRICT_ROLES = ("district_officer", "district_supervisor", "district_government")
CITY_ROLES = ("city_officer", "city_supervisor", "finance", "inspector", "auditor")
PERSONS = ("applicant", *DISTRICT_ROLES, *CITY_ROLES)
GROUPS = {
    "anyone": {*PERSONS, "system"},
    "officials": {*DISTRICT_ROLES, *CITY_ROLES},
    "open": set[str](),
}
DISTRICT = "110105"
Operation = tuple[str, str]
"""Method and path."""


class Admission(NamedTuple):
    """The roles that an operation admits; `open` operations ask for no sign-in."""

    roles: frozenset[str]
    open: bool


def table(service: str) -> dict[Operation, Admission]:
    """Return the reviewed admission of every operation of a service."""
    found: dict[Operation, Admission] = {}
    for section in TABLE.read_text("utf-8").strip().split("\n\n"):
        name, *lines = section.splitlines()
        if name in ("every service", service):
            for method, path, *words in map(str.split, lines):
                roles = frozenset[str]().union(*(GROUPS.get(word, {word}) for word in words))
                found[method, path] = Admission(roles, open=words == ["open"])
    return found


@dataclass(frozen=True)
class Caller:
    """A caller: its credential, the roles it acts in (none: it is not signed in), and whether it may write."""

    name: str
    credential: str | None
    roles: frozenset[str] = frozenset()
    writes: bool = True

    def refusal(self, method: str, admission: Admission) -> str | None:
        """Return the problem code with which the operation refuses the caller; None if it admits the caller."""
        if admission.open:
            return None
        if not self.roles:
            return "unauthenticated"
        admitted = self.roles & admission.roles and (self.writes or method == "GET")
        return None if admitted else "forbidden"


def _persona(role: str, world: World) -> Persona:
    if role == "applicant":
        return world.owner()
    district = DISTRICT if role in DISTRICT_ROLES else None
    return Persona(f"caller-{role}", f"示例{role}", (role,), district)


async def callers(world: World, service: str) -> list[Caller]:
    """Return a person of each role, keys that may and may not write, and nobody."""
    people = [Caller(role, world.token(_persona(role, world)), frozenset({role})) for role in PERSONS]
    system = frozenset({"system"})
    writing, reading = [await _key(world, service, writes=writes) for writes in (True, False)]
    return [
        *people,
        Caller("writing key", writing["key"], system),
        Caller("read-only key", reading["key"], system, writes=False),
        Caller("no token", None),
    ]


async def strangers(world: World, service: str) -> list[Caller]:
    """Return callers whose token or key is not valid."""
    revoked, valid, other = [await _key(world, service, writes=True) for _ in range(3)]
    path = f"/v1/api-keys/{revoked['id']}/revoke"
    await world.post(service, path, "city-supervisor-1", {"reason": "停用"}, 204)
    official, now, settings = PEOPLE["city-supervisor-1"], world.clock.now(), world.settings
    audience = settings.model_copy(update={"jwt_audience": "another-system"})
    issuer = settings.model_copy(update={"jwt_issuer": "https://another.invalid"})
    return [
        Caller("no token", None),
        Caller("expired token", world.signer.token(official, settings, now - timedelta(hours=2), hours=1)),
        Caller("token for another audience", world.signer.token(official, audience, now)),
        Caller("token of another issuer", world.signer.token(official, issuer, now)),
        Caller("revoked key", revoked["key"]),
        Caller("key with another's secret", f"th_live_{valid['id']}_{other['key'].split('_', 3)[3]}"),
        Caller("unknown key", f"th_live_{'0' * 12}_{other['key'].split('_', 3)[3]}"),
    ]


async def _key(world: World, service: str, *, writes: bool) -> Mapping[str, str]:
    new = new_key(service, districts=[DISTRICT], writes=writes)
    key: Mapping[str, str] = await world.post(service, "/v1/api-keys", "city-supervisor-1", new, 201)
    return key
