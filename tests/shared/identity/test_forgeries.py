"""Forged tokens against each source of keys: inline, file, and the provider's address."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from pydantic import SecretStr

from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.identity.signing_keys import RemoteKeys
from shared.identity.tokens import TokenReader
from shared.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
NOW = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
RSA, EC, ED, FOREIGN = (
    RSAKey.generate_key(2048),
    ECKey.generate_key("P-256"),
    OKPKey.generate_key("Ed25519"),
    RSAKey.generate_key(2048),
)
for each in (RSA, EC, ED, FOREIGN):
    each.ensure_kid()
JWKS = json.dumps(KeySet([RSA, EC, ED]).as_dict(private=False))
URL = "https://login.invalid/jwks"
HONEST = {
    "iss": "https://login.tenghuan.invalid", "aud": "tenghuan", "iat": SECOND, "exp": SECOND + 60,
    "sub": "officer-7", "roles": ["auditor"],
}  # fmt: skip


def reader(mode: str, folder: Path, asked: list[str]) -> TokenReader:
    """Return a reader with the keys of one source; addresses that it asks are noted."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, text=JWKS)

    (folder / "keys.json").write_text(JWKS)
    source = {"inline": JWKS, "file": str(folder / "keys.json"), "url": ""}[mode]
    made = TokenReader("intake", Settings(jwt_keys=SecretStr(source), jwt_keys_url=URL * (mode == "url")), Clock(NOW))
    if mode == "url":
        made.keys._remote = RemoteKeys(URL, 300, httpx.MockTransport(answer))
    return made


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def signed(key: Key = RSA, alg: str = "RS256", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    head = {"alg": alg, "typ": "at+jwt", "kid": key.kid, **(header or {})}
    return jwt.encode({name: value for name, value in head.items() if value}, HONEST | claims, key, [alg])


def with_public_key_as_secret() -> str:
    """Return a token signed by HMAC with the public key, which a verifier that trusts `alg` would accept."""
    said = f"{encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': RSA.kid})}.{encoded(HONEST)}"
    digest = hmac.digest(RSA.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def unsigned() -> str:
    return f"{encoded({'alg': 'none', 'typ': 'at+jwt', 'kid': RSA.kid})}.{encoded(HONEST)}."


def changed_after_signing() -> str:
    head, _, signature = signed().split(".")
    return f"{head}.{encoded({**HONEST, 'roles': ['city_supervisor']})}.{signature}"


def changed_head() -> str:
    _, body, signature = signed().split(".")
    return f"{encoded({'alg': 'ES256', 'typ': 'at+jwt', 'kid': EC.kid})}.{body}.{signature}"


def foreign(**header: Any) -> str:
    return signed(FOREIGN, header={"kid": RSA.kid, **header})


FORGERIES: dict[str, Callable[[], str]] = {
    "alg none": unsigned,
    "HS256 with the public key": with_public_key_as_secret,
    "claims changed": changed_after_signing,
    "head changed": changed_head,
    "no signature": lambda: signed().rsplit(".", 1)[0] + ".",
    "foreign key": foreign,
    "foreign key of its own kid": lambda: signed(FOREIGN),
    "unknown kid": lambda: signed(header={"kid": "nobody"}),
    "another's kid": lambda: signed(header={"kid": EC.kid}),
    "no kid": lambda: signed(header={"kid": None}),
    "embedded jwk": lambda: foreign(jwk=FOREIGN.as_dict(private=False)),
    "embedded jwk without kid": lambda: foreign(jwk=FOREIGN.as_dict(private=False), kid=None),
    "jku": lambda: foreign(jku="https://attacker.invalid/jwks"),
    "x5u": lambda: foreign(x5u="https://attacker.invalid/cert"),
    "PS256, which is not allowed": lambda: signed(RSA, "PS256"),
    "wrong issuer": lambda: signed(iss="https://login.invalid"),
    "issuers": lambda: signed(iss=["https://login.tenghuan.invalid"]),
    "wrong audience": lambda: signed(aud="another"),
    "audience of prefix": lambda: signed(aud="tenghuan-funding"),
    "expired": lambda: signed(exp=SECOND - 31, iat=SECOND - 60),
    "future": lambda: signed(iat=SECOND + 31, exp=SECOND + 60),
    "not yet valid": lambda: signed(nbf=SECOND + 31),
    "too long": lambda: signed(exp=SECOND + 12 * 3600 + 1),
    "ID token": lambda: signed(header={"typ": "JWT"}),
    "service": lambda: signed(sub="service:funding"),
    "API key": lambda: signed(sub="key:0123456789ab"),
    "system": lambda: signed(roles=["system"]),
    "critical extension": lambda: f"{encoded({'alg': 'RS256', 'crit': ['x'], 'x': 1})}.{encoded(HONEST)}.e30",
    "oversized": lambda: signed(pad="x" * 4096),
    "encrypted": lambda: "a.b.c.d.e",
    "no object": lambda: f"{encoded([])}.{encoded([])}.e30",
    "head is a number": lambda: f"{encoded(5)}.{encoded(HONEST)}.e30",
    "kid is a list": lambda: f"{encoded({'alg': 'RS256', 'kid': [RSA.kid]})}.{encoded(HONEST)}.e30",
    "empty": lambda: "",
    "other letters": lambda: "令.牌.x",
}
ACCEPTED: dict[str, Key] = {"RS256": RSA, "ES256": EC, "EdDSA": ED, "Ed25519": ED}


@pytest.mark.parametrize("mode", ["inline", "file", "url"])
async def test_no_forgery_opens_whatever_the_source_of_the_keys(mode: str, tmp_path: Path) -> None:
    asked: list[str] = []
    reads = reader(mode, tmp_path, asked)
    opened = []
    for name, forged in FORGERIES.items():
        try:
            await reads.read(forged())
            opened.append(name)
        except Unauthenticated:
            continue
    assert opened == []
    assert set(asked) <= {URL}, "the address in a token is never asked"
    assert len(asked) == (1 if mode == "url" else 0), "unknown keys do not make it ask again and again"


@pytest.mark.parametrize("mode", ["inline", "file", "url"])
async def test_each_allowed_algorithm_opens(mode: str, tmp_path: Path) -> None:
    reads = reader(mode, tmp_path, [])
    for alg, key in ACCEPTED.items():
        assert (await reads.read(signed(key, alg))).subject == "officer-7"
    honest_key_beside = signed(header={"jku": "https://attacker.invalid/jwks"})
    assert (await reads.read(honest_key_beside)).subject == "officer-7", "the address in the head is ignored"


async def test_a_withdrawn_key_opens_no_longer_although_its_token_is_remembered(tmp_path: Path) -> None:
    reads, token = reader("file", tmp_path, []), signed()
    assert await reads.read(token)
    (tmp_path / "keys.json").write_text(json.dumps(KeySet([EC]).as_dict(private=False)))
    with pytest.raises(Unauthenticated):
        await reads.read(token)
