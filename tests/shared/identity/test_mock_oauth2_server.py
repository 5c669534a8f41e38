"""Sign-in at a second provider, `mock-oauth2-server`: discovery, claims, audience, times, algorithms, new keys."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from shared.claim_mapping import ClaimMapping
from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.identity.signing_keys import RETRY_SECONDS, RemoteKeys
from shared.identity.tokens import TokenReader
from shared.settings import Settings
from tests.broker.choice import choice
from tests.shared.identity.mock_oauth2_server import Provider, provider

pytestmark = pytest.mark.skipif(choice().kind != "node", reason="needs Java and Maven")

OFFICER = {
    "sub": "officer-7",
    "aud": ["tenghuan", "account"],
    "preferred_username": "示例",
    "realm_access": {"roles": ["fgw-jb", "offline_access"]},
    "place": "haidian",
}
CLIENTS: dict[str, dict[str, Any]] = {
    "portal": OFFICER,
    "another-audience": {**OFFICER, "aud": ["account"]},
    "no-role": {**OFFICER, "realm_access": {"roles": ["offline_access"]}},
    "no-district": {name: value for name, value in OFFICER.items() if name != "place"},
    "a-system": {**OFFICER, "sub": "service:intake"},
    "owner": {**OFFICER, "sub": "owner-1", "realm_access": {"roles": ["owner"]}, "org": {"code": "91110000600037341L"}},
}
MAPPING = ClaimMapping(
    roles="realm_access.roles",
    role_values={"fgw-jb": "district_officer", "owner": "applicant"},
    district="place",
    district_values={"haidian": "110108"},
    uscc="org.code",
    name="preferred_username",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(CLIENTS, tmp_path_factory.mktemp("provider")) as started:
        yield started


def settings(running: Provider, **changed: Any) -> Settings:
    found = running.discovered()
    known = {"jwt_issuer": found["issuer"], "jwt_audience": "tenghuan", "jwt_type": "", "jwt_claims": MAPPING}
    return Settings(jwt_keys_url=found["jwks_uri"], **{**known, **changed})


def reader(running: Provider, clock: Clock | None = None, **changed: Any) -> TokenReader:
    return TokenReader("intake", settings(running, **changed), clock or Clock())


async def test_a_person_is_who_the_mapped_claims_say(running: Provider) -> None:
    officer = await reader(running).read(running.token("portal"))
    assert (officer.subject, officer.name, officer.role) == ("officer-7", "示例", "district_officer")
    assert officer.districts == ("110108",)
    owner = await reader(running).read(running.token("owner"))
    assert (owner.subject, owner.role, owner.uscc) == ("owner-1", "applicant", "91110000600037341L")


@pytest.mark.parametrize("client", ["another-audience", "no-role", "no-district", "a-system"])
async def test_a_token_for_somebody_else_or_without_an_office_is_refused(running: Provider, client: str) -> None:
    with pytest.raises(Unauthenticated):
        await reader(running).read(running.token(client))


@pytest.mark.parametrize(
    "changed",
    [{"jwt_issuer": "x"}, {"jwt_type": "at+jwt"}, {"jwt_algorithms": ["ES256"]}, {"jwt_lifetime_hours": 0.1}],
)
async def test_a_token_that_the_settings_do_not_admit_is_refused(running: Provider, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await reader(running, **changed).read(running.token("portal"))


async def test_a_token_ends_with_its_time(running: Provider) -> None:
    token, clock = running.token("portal"), Clock(Clock().now())
    asked = reader(running, clock)
    await asked.read(token)
    clock.set(Clock().now().astimezone(UTC) + timedelta(minutes=11))
    with pytest.raises(Unauthenticated):
        await asked.read(token)


async def test_after_a_change_of_keys_new_tokens_count_and_old_ones_no_longer(tmp_path: Path) -> None:
    """Change keys at a provider that keeps the key's id: only the age of the fetched keys leads to the new one."""
    moment = 0.0
    with provider(CLIENTS, tmp_path) as first:
        asked = reader(first)
        asked.keys._remote = RemoteKeys(asked.settings.jwt_keys_url, 300.0, monotonic=lambda: moment)
        old = first.token("portal")
        await asked.read(old)
    other = RSAKey.generate_key(2048, {"kid": "other", "use": "sig", "alg": "RS256"}).as_dict(private=True)
    with provider(CLIENTS, tmp_path, port=first.port, key=other) as second:
        new = second.token("portal")
        moment = RETRY_SECONDS + 1
        await asked.read(old)
        with pytest.raises(Unauthenticated):
            await asked.read(new)
        moment = 301.0
        await asked.read(new)
        with pytest.raises(Unauthenticated):
            await asked.read(old)


async def test_elliptic_keys_sign_too(tmp_path: Path) -> None:
    with provider(CLIENTS, tmp_path, algorithm="ES256") as started:
        assert (await reader(started).read(started.token("portal"))).subject == "officer-7"
