"""Attacks on identity: forged tokens, keys beyond their scope, names that mean a service."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from attacks.registry import attack
from attacks.target import Succeeded, Target
from deploy.demo.personas import STORY_BEGINNING, TOKEN_HOURS

READ = "/v1/declarations"


def _claims(target: Target, **changed: Any) -> dict[str, Any]:
    now = int(STORY_BEGINNING.timestamp())
    times = {"iat": now, "exp": now + TOKEN_HOURS * 3600}
    who = {"sub": "forger", "name": "伪造", "roles": ["city_supervisor"]}
    return {"iss": target.settings.jwt_issuer, "aud": target.settings.jwt_audience, **times, **who} | changed


def _encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forgeries(target: Target) -> dict[str, str]:
    """Return forged tokens by what is wrong with them."""
    own, foreign = target.signer.key, OKPKey.generate_key("Ed25519")
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": own.kid}
    public = OctKey.import_key(json.dumps(own.as_dict(private=False)).encode())

    def signed(key: Any, header: Mapping[str, Any] = head, **changed: Any) -> str:
        return jwt.encode(dict(header), _claims(target, **changed), key, [header["alg"]])

    return {
        "unsigned": f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{_encoded(_claims(target))}.",
        "HMAC with the public key": signed(public, {"alg": "HS256", "typ": "at+jwt", "kid": own.kid}),
        "a foreign key": signed(foreign),
        "a foreign RSA key": signed(RSAKey.generate_key(2048), {"alg": "RS256", "typ": "at+jwt", "kid": own.kid}),
        "its own key in the head": signed(foreign, {**head, "jwk": foreign.as_dict(private=False)}),
        "another issuer": signed(own, iss="https://evil.invalid"),
        "another audience": signed(own, aud="another"),
        "expired": signed(own, exp=1_700_000_000),
        "no end": signed(own, exp=None),
        "the name of a service": signed(own, sub="service:intake"),
        "the name of a key": signed(own, sub="key:000000000000"),
        "the role of a system": signed(own, roles=["system"]),
        "roles of two offices": signed(own, roles=["city_officer", "district_officer"], district="110105"),
        "no role": signed(own, roles=[]),
    }


@attack("identity")
async def forge_a_token(target: Target) -> None:
    """Sign in with forged tokens"""
    for what, token in forgeries(target).items():
        answer = await target.ask("intake", "GET", READ, headers={"authorization": f"Bearer {token}"})
        if answer.status_code != 401:
            raise Succeeded(f"{what}: {answer.status_code}")


@attack("identity")
async def use_a_key_beyond_its_scope(target: Target) -> None:
    """Write with a reading key, read what it has no scope for, and another district"""
    body = {"name": "示例看板", "districts": ["110105"], "scopes": ["read:events"], "reason": "攻击测试"}
    issued = await target.ask("intake", "POST", "/v1/api-keys", "city-supervisor-1", json=body)
    key = {"authorization": f"Bearer {issued.json()['key']}"}
    await target.refused(403, "intake", "POST", "/v1/resources:batchUpsert", json={"rows": []}, headers=key)
    await target.refused(403, "intake", "GET", "/v1/declarations", headers=key)
    seen = (await target.ask("intake", "GET", "/events?limit=1000", headers=key)).json()["events"]
    if any(event["district"] not in ("110105",) for event in seen):
        raise Succeeded("a key of one district reads another's events")


@attack("identity")
async def name_somebody_who_does_not_exist(target: Target) -> None:
    """Assign an inspection to somebody who does not exist"""
    page = await target.ask("monitoring", "GET", "/v1/inspections?limit=1", "city-officer-1")
    inspection = page.json()["items"][0]["id"]
    path = f"/v1/inspections/{inspection}"
    tag = await target.tag("monitoring", path, "city-officer-1")
    body = {"inspector": "nobody-99"}
    refused = await target.refused(
        422, "monitoring", "POST", f"{path}/assign", "city-officer-1", json=body, headers=tag
    )
    if "inspector" not in refused.text:
        raise Succeeded(f"refused for another reason: {refused.text[:300]}")
