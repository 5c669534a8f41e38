"""Authentication by token and API key, and the roles that result."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from deploy.demo.personas import PEOPLE, Signer
from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.identity.tokens import TokenReader
from shared.settings import Settings
from tests.keys import new_key
from tests.world import World


async def status_with(world: World, token: str) -> tuple[int, str]:
    answer = await world.clients["intake"].get("/events", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "")


def forged(world: World, **claims: Any) -> str:
    now = int(world.clock.now().timestamp())
    honest = {
        "iss": world.settings.jwt_issuer,
        "aud": world.settings.jwt_audience,
        "iat": now,
        "exp": now + 60,
        "sub": "x",
        "name": "x",
        "roles": ["auditor"],
    }
    header = {"alg": "Ed25519", "typ": claims.pop("typ", "at+jwt"), "kid": world.signer.key.kid}
    payload = {name: value for name, value in (honest | claims).items() if value is not None}
    return jwt.encode(header, payload, world.signer.key, ["Ed25519"])


async def test_a_signed_token_opens(world: World) -> None:
    assert await status_with(world, forged(world)) == (200, "")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.invalid"},
        {"aud": "other"},
        {"exp": 0},
        {"exp": None},
        {"sub": None},
        {"roles": []},
        {"roles": ["king"]},
        {"roles": ["system"]},
        {"roles": None},
        {"roles": [["auditor"]]},
        {"roles": ["applicant"]},
        {"roles": ["applicant"], "uscc": 1},
        {"roles": ["applicant"], "uscc": "91110000600037341M"},
        {"roles": ["applicant", "auditor"], "uscc": "91110000600037341L"},
        {"roles": ["applicant", "district_officer"], "uscc": "91110000600037341L", "district": "110105"},
        {"roles": ["district_officer", "auditor"], "district": "110105"},
        {"roles": ["district_officer"]},
        {"roles": ["district_officer"], "district": "110000"},
        {"roles": ["district_officer"], "district": ["110105"]},
        {"sub": "\x00"},
        {"typ": "JWT"},
        {"nbf": 9_999_999_999},
    ],
    ids=lambda claims: str(claims),
)
async def test_a_token_with_one_thing_wrong_does_not(world: World, claims: dict[str, Any]) -> None:
    assert await status_with(world, forged(world, **claims)) == (401, "unauthenticated")


async def test_a_token_of_another_key_or_algorithm_does_not(world: World) -> None:
    stranger = Signer().token(PEOPLE["auditor-1"], world.settings, world.clock.now())
    assert (await status_with(world, stranger))[0] == 401
    claims = {
        "iss": world.settings.jwt_issuer,
        "aud": world.settings.jwt_audience,
        "sub": "x",
        "roles": ["auditor"],
        "exp": int(world.clock.now().timestamp()) + 60,
    }
    symmetric = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.generate_key(256), ["HS256"])
    assert (await status_with(world, symmetric))[0] == 401
    assert (await status_with(world, "x" * 5000))[0] == 401
    header = base64.urlsafe_b64encode(b'{"alg": "Ed25519", "crit": 5}').rstrip(b"=").decode()
    assert (await status_with(world, f"{header}.e30.e30"))[0] == 401


async def test_a_rotated_key_file_counts_at_once(tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    settings, clock = Settings(jwt_keys=SecretStr(str(kept))), Clock()
    reader, old, new = TokenReader("intake", settings, clock), Signer(), Signer()
    for current, former in ((old, new), (new, old)):
        kept.write_text(current.jwks())
        assert await reader.read(current.token(PEOPLE["auditor-1"], settings, clock.now()))
        with pytest.raises(Unauthenticated):
            await reader.read(former.token(PEOPLE["auditor-1"], settings, clock.now()))


def test_the_algorithms_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENGHUAN_JWT_ALGORITHMS", '["ES256"]')
    assert Settings().jwt_algorithms == ["ES256"]


async def test_a_token_runs_out(world: World) -> None:
    token = world.signer.token(PEOPLE["auditor-1"], world.settings, world.clock.now(), hours=1)
    assert (await status_with(world, token))[0] == 200
    world.clock.set(world.clock.now() + timedelta(hours=1, seconds=31))
    assert (await status_with(world, token))[0] == 401


async def test_a_role_one_does_not_hold_is_refused_by_name(world: World) -> None:
    answer = await world.call("intake", "POST", "/v1/api-keys", "city-officer-1", {"name": "x"}, status=403)
    assert "市发展改革委负责人" in answer.json()["detail"]


async def test_a_revoked_key_opens_nothing(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201)
    assert (await status_with(world, issued["key"]))[0] == 200
    path = f"/v1/api-keys/{issued['id']}/revoke"
    await world.post("intake", path, "city-supervisor-2", {"reason": "更换"}, 204)
    assert (await status_with(world, issued["key"]))[0] == 401
    assert (await status_with(world, issued["key"][:-1]))[0] == 401
    await world.post("intake", path, "city-supervisor-2", {"reason": "更换"}, 404)


async def test_the_secret_of_a_key_is_not_kept(world: World) -> None:
    issued = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(), 201)
    listed = await world.get("intake", "/v1/api-keys", "city-supervisor-1")
    assert issued["key"].split("_", 3)[3] not in str(listed)
    assert "secret_hash" not in listed["items"][0]
