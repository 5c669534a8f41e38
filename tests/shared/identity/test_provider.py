"""Sign-in at a real OpenID provider: its discovery, its keys by URL, its tokens; another by TENGHUAN_TESTS_OIDC."""

import json
import os
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.claim_mapping import ClaimMapping
from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.identity.tokens import TokenReader
from shared.settings import Settings
from tests.world import World

CLIENT, BACK = "tenghuan-web", "http://localhost/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Run an OpenID provider in a thread and yield its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of authlib, whose own jose module is deprecated
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread() as server:
            yield f"http://localhost:{server.server_port}"


def signed_in(issuer: str, subject: str, **claims: Any) -> str:
    """Return the JWT that the provider gives a person after the authorization code flow."""
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
    found = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    asked = {"client_id": CLIENT, "redirect_uri": BACK, "response_type": "code", "scope": "openid profile"}
    answer = httpx.post(found["authorization_endpoint"], params=asked, data={"sub": subject})
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    tokens = httpx.post(found["token_endpoint"], data=form, auth=(CLIENT, "any")).raise_for_status().json()
    return str(tokens["id_token"])


def settings(issuer: str, **changed: Any) -> Settings:
    keys = httpx.get(f"{issuer}/.well-known/openid-configuration").json()["jwks_uri"]
    mapping = ClaimMapping(roles="groups", role_values={"auditing": "auditor"})
    known = {"jwt_issuer": issuer, "jwt_audience": CLIENT, "jwt_type": "", "jwt_claims": mapping}
    return Settings(jwt_keys_url=keys, **{**known, **changed})


@pytest.mark.filterwarnings("ignore")
async def test_a_person_signs_in_at_a_provider(issuer: str) -> None:
    token = signed_in(issuer, "officer-7", name="示例", groups=["auditing", "offline_access"])
    reader = TokenReader("intake", settings(issuer), Clock())
    actor = await reader.read(token)
    assert (actor.subject, actor.name, actor.role) == ("officer-7", "示例", "auditor")
    for changed in ({"jwt_audience": "x"}, {"jwt_issuer": "x"}, {"jwt_type": "at+jwt"}, {"jwt_algorithms": ["ES256"]}):
        with pytest.raises(Unauthenticated):
            await TokenReader("intake", settings(issuer, **changed), Clock()).read(token)


@pytest.mark.filterwarnings("ignore")
async def test_a_service_opens_to_the_token_of_the_provider(issuer: str, world: World) -> None:
    known = settings(issuer)
    for name in ("jwt_keys_url", "jwt_issuer", "jwt_audience", "jwt_type", "jwt_claims"):
        setattr(world.settings, name, getattr(known, name))
    world.clock.set(Clock().now())
    found = []
    for groups in (["auditing"], ["others"]):
        token = signed_in(issuer, "officer-8", name="示例", groups=groups)
        answer = await world.clients["intake"].get("/events", headers={"authorization": f"Bearer {token}"})
        found.append(answer.status_code)
    assert found == [200, 401]


@pytest.mark.skipif("TENGHUAN_TESTS_OIDC" not in os.environ, reason="needs a provider in TENGHUAN_TESTS_OIDC")
async def test_a_provider_of_the_operators_choice() -> None:
    """TENGHUAN_TESTS_OIDC: JSON with `token_url`, the form of the token request, and `settings` (docs/identity.md)."""
    given = json.loads(os.environ["TENGHUAN_TESTS_OIDC"])
    async with httpx.AsyncClient() as client:
        answer = await client.post(given["token_url"], data=given["form"])
    token = answer.raise_for_status().json()["access_token"]
    known = Settings.model_validate(given["settings"])
    actor = await TokenReader("intake", known, Clock()).read(token)
    assert actor.subject
    with pytest.raises(Unauthenticated):
        await TokenReader("intake", known.model_copy(update={"jwt_audience": "x"}), Clock()).read(token)
