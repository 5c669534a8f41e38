"""Limits on requests: per account or key after sign-in, per address before it, by kind of operation."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from services import SERVICES
from shared.actors import new_api_key
from shared.errors import Unauthenticated
from shared.identity.wrong_keys import WrongKeys
from shared.load_limits import UNLIMITED, Rates
from shared.rates import RateLimiter
from shared.web.auth import current_actor
from shared.web.rate_kinds import kind_of
from tests import enumeration
from tests.keys import new_key
from tests.world import World

SUPERVISOR = "city-supervisor-1"
OFFICE = "192.0.2.10"
SPECIAL = {
    "uploads": {"upload_material", "add_attachment"},
    "exports": {"export_resources", "export_library_entries"},
    "pushes": {"push_resources", "push_library_entries", "submit_readings"},
}
"""Operations of kinds that do not follow from the method, reviewed."""


def test_every_operation_is_of_a_kind() -> None:
    found = defaultdict(set)
    for service in SERVICES:
        for name, route in enumeration.operations(service).items():
            signed_in = current_actor in enumeration.dependencies(route)
            kind = kind_of(route, signed_in=signed_in)
            found[kind].add(name)
            assert (kind in (None, "anonymous")) == (not signed_in), name
            if kind in ("reads", "acts"):
                assert (kind == "reads") == (route.methods == {"GET"}), name
    assert found[None] == {"live", "ready"}
    assert {kind: found[kind] for kind in SPECIAL} == SPECIAL  # type: ignore[index]
    assert set(found) - {None} | {"sign_in_failures"} == set(Rates.model_fields)


@asynccontextmanager
async def office(world: World, service: str = "intake", address: str = OFFICE, **rates: str) -> AsyncIterator[Any]:
    """Yield a client at an address, of a service that counts anew and has only these limits."""
    instance = world.instances[service]
    world.settings.rates = UNLIMITED.model_copy(update=rates)
    instance.rates, instance.wrong_keys = RateLimiter(world.settings, service), WrongKeys()
    transport = httpx.ASGITransport(app=world.apps[service], client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
        yield client
    instance.rates, instance.wrong_keys = RateLimiter(world.settings, service), WrongKeys()


def bearer(world: World, who: str) -> dict[str, str]:
    return {"authorization": f"Bearer {world.token(who)}"}


async def test_an_account_has_its_own_share_and_is_told_when_to_come_back(world: World) -> None:
    async with office(world, reads="2/hour") as client:
        answers = [await client.get("/v1/resources", headers=bearer(world, "auditor-1")) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "too_many_requests"
        seconds = int(refused.headers["retry-after"])
        assert 0 < seconds <= 3600
        assert f"{seconds} 秒后重试" in refused.json()["detail"]
        assert refused.headers["ratelimit-policy"] == '"reads";q=2;w=3600'
        assert refused.headers["ratelimit"] == f'"reads";r=0;t={seconds}'
        beside = await client.get("/v1/resources", headers=bearer(world, "city-officer-1"))
        assert beside.status_code == 200, "another account of the same office"
        other_kind = await client.get("/v1/resources.csv", headers=bearer(world, "auditor-1"))
        assert other_kind.status_code == 200


@pytest.mark.parametrize(
    ("kind", "service", "method", "path", "who"),
    [
        ("acts", "intake", "POST", "/v1/api-keys", SUPERVISOR),
        ("acts", "intake", "PUT", "/clock", SUPERVISOR),
        ("pushes", "intake", "POST", "/v1/resources:batchUpsert", "110105-officer-1"),
        ("exports", "intake", "GET", "/v1/resources.csv", "auditor-1"),
        ("exports", "intake", "GET", "/v1/library-entries.csv", "auditor-1"),
        ("reads", "intake", "GET", "/events", "auditor-1"),
        ("uploads", "intake", "POST", "/v1/declarations/x/materials", "110105-officer-1"),
        ("anonymous", "eligibility", "POST", "/v1/dry-run", None),
        ("anonymous", "intake", "GET", "/docs", None),
        ("anonymous", "intake", "GET", "/problems", None),
    ],
)
async def test_each_kind_has_its_limit(
    world: World, kind: str, service: str, method: str, path: str, who: str | None
) -> None:
    headers = bearer(world, who) if who else {}
    async with office(world, service, **{kind: "1/hour"}) as client:
        first = await client.request(method, path, headers=headers)
        again = await client.request(method, path, headers=headers)
        assert first.status_code != 429
        assert (again.status_code, again.headers["ratelimit-policy"]) == (429, f'"{kind}";q=1;w=3600')


async def test_the_anonymous_are_counted_by_address_and_probes_are_not(world: World) -> None:
    async with office(world, anonymous="1/hour") as client:
        assert [(await client.get("/v1/code-lists")).status_code for _ in range(2)] == [200, 429]
        assert (await client.get("/v1/resources", headers=bearer(world, "auditor-1"))).status_code == 200
        for _ in range(3):
            assert (await client.get("/livez")).status_code == 200
        transport = httpx.ASGITransport(app=world.apps["intake"], client=("192.0.2.11", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as elsewhere:
            assert (await elsewhere.get("/v1/code-lists")).status_code == 200
        named = {"x-forwarded-for": "192.0.2.12", "forwarded": "for=192.0.2.12", "x-real-ip": "192.0.2.12"}
        assert (await client.get("/v1/code-lists", headers=named)).status_code == 429, "whoever the caller says it is"


async def test_failing_sign_ins_of_an_office_do_not_shut_out_its_people(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", SUPERVISOR, new_key(), status=201)
    async with office(world, sign_in_failures="2/hour") as client:
        key = {"authorization": f"Bearer {issued['key']}"}
        assert (await client.get("/v1/resources", headers=key)).status_code == 200
        wrong = [{"authorization": f"Bearer {credential}"} for credential in ("x.y.z", "th_live_x", new_api_key()[1])]
        found = [(await client.get("/v1/resources", headers=each)).status_code for each in wrong]
        assert found == [401, 401, 429]
        assert (await client.get("/v1/resources", headers=bearer(world, "auditor-1"))).status_code == 200
        assert (await client.get("/v1/resources", headers=key)).status_code == 200, "a key that was accepted before"


@pytest.mark.parametrize(
    ("credentials", "transactions"),
    [
        (["th_live_0123456789ab", "th_live_0123456789ab_short", "th_live_ZZZZ56789abc_" + "x" * 43] * 10, 0),
        (["th_live_0123456789ab_" + "x" * 43] * 30, 1),
        ([f"th_live_0123456789ab_{number:043}" for number in range(30)], 5),
    ],
    ids=["of the wrong form", "one again and again", "ever another"],
)
async def test_wrong_keys_cost_hardly_a_transaction(world: World, credentials: list[str], transactions: int) -> None:
    seen: list[Any] = []

    def note(connection: Any) -> None:
        seen.append(connection)

    engine = world.instances["intake"].database.engine.sync_engine
    async with office(world, sign_in_failures="5/hour") as client:
        event.listen(engine, "begin", note)
        answers = [await client.get("/events", headers={"authorization": f"Bearer {each}"}) for each in credentials]
        event.remove(engine, "begin", note)
    assert len(seen) == transactions
    assert {each.status_code for each in answers[:5]} == {401}
    assert {each.status_code for each in answers[5:]} == {429}


async def test_a_key_that_is_revoked_is_refused_at_once(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", SUPERVISOR, new_key(), status=201)
    headers = {"authorization": f"Bearer {issued['key']}"}
    assert (await world.clients["intake"].get("/v1/resources", headers=headers)).status_code == 200
    await world.post("intake", f"/v1/api-keys/{issued['id']}/revoke", SUPERVISOR, {"reason": "更换"}, status=204)
    assert (await world.clients["intake"].get("/v1/resources", headers=headers)).status_code == 401


def test_a_refusal_is_remembered_for_thirty_seconds_and_only_so_many() -> None:
    now = [0.0]
    memory, wrong = WrongKeys(lambda: now[0]), new_api_key()[1]
    memory.check(wrong)
    memory.refuse(wrong, "无效")
    for later, refused in ((0.0, True), (29.9, True), (30.0, False)):
        now[0] = later
        if refused:
            with pytest.raises(Unauthenticated):
                memory.check(wrong)
        else:
            memory.check(wrong)
    for _ in range(5000):
        memory.refuse(new_api_key()[1], "无效")
        memory.accept(new_api_key()[1])
    assert len(memory._refused) == len(memory._accepted) == 4096
    assert wrong not in str(memory._refused), "kept as digests"


@pytest.mark.parametrize("text", ["many", "0/minute", "1/fortnight", "-1/minute", "1 per minute", "10"])
def test_a_limit_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="acts"):
        Rates(acts=text)
