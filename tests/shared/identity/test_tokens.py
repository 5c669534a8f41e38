"""Tokens: the second before and on each time, every claim, algorithm and key, and changes while one is remembered."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey
from pydantic import SecretStr

from shared.actors import Actor
from shared.claim_mapping import ClaimMapping
from shared.errors import Unauthenticated
from shared.identity.signing_keys import check_keys, given_keys
from shared.identity.tokens import TokenRules, read_token
from shared.settings import Settings

NOW = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
OWNER = "91110000600037341L"
ED, EC, STRANGER = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
for each in (ED, EC, STRANGER):
    each.ensure_kid()


def settings(*keys: Key, **changed: Any) -> Settings:
    jwks = json.dumps(KeySet(list(keys or (ED, EC))).as_dict(private=False))
    return Settings(jwt_keys=SecretStr(jwks), **changed)


def token(key: Key = ED, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a token in which the given claims and header fields replace those of a valid one; None drops one."""
    honest = {
        "iss": "https://login.tenghuan.invalid",
        "aud": "tenghuan",
        "iat": SECOND,
        "exp": SECOND + 60,
        "sub": "officer-7",
        "name": "示例经办",
        "roles": ["auditor"],
    }
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid, **(header or {})}
    payload = {name: value for name, value in (honest | claims).items() if value is not None}
    return jwt.encode({name: value for name, value in head.items() if value}, payload, key, [head["alg"]])


def actor(said: str, known: Settings | None = None, now: datetime = NOW) -> Actor | None:
    """Return the actor whom a token names, None if it is refused."""
    known = known or settings()
    rules, second = TokenRules.of(known, "intake"), int(now.timestamp())
    try:
        return read_token(said, given_keys(known), rules, second, known.jwt_leeway_seconds)
    except Unauthenticated:
        return None


@pytest.mark.parametrize(
    ("claims", "valid"),
    [
        ({"exp": SECOND - 29}, True),
        ({"exp": SECOND - 30}, False),
        ({"exp": None}, False),
        ({"nbf": SECOND + 30}, True),
        ({"nbf": SECOND + 31}, False),
        ({"iat": SECOND + 30}, True),
        ({"iat": SECOND + 31}, False),
        ({"iat": None}, False),
        ({"exp": SECOND + 12 * 3600}, True),
        ({"exp": SECOND + 12 * 3600 + 1}, False),
        ({"iat": SECOND - 12 * 3600, "exp": SECOND + 60}, False),
        ({"exp": float("inf")}, False),
        ({"exp": True}, False),
        ({"iat": -1}, False),
        ({"exp": "soon"}, False),
        ({"iss": None}, False),
        ({"iss": "https://login.tenghuan.invalid/"}, False),
        ({"aud": None}, False),
        ({"aud": ["another", "tenghuan"]}, True),
        ({"aud": ["another"]}, False),
        ({"sub": None}, False),
        ({"sub": ""}, False),
        ({"sub": "x" * 255}, True),
        ({"sub": "x" * 256}, False),
        ({"sub": "two words"}, False),
        ({"sub": "\u5f20"}, False),
        ({"sub": "service:funding"}, False),
        ({"sub": "key:0123456789ab"}, False),
        ({"sub": "Key:0123456789ab"}, False),
        ({"sub": "keys:x"}, True),
        ({"typ": "ID"}, False),
        ({"typ": "Refresh"}, False),
        ({"typ": "Bearer"}, True),
        ({"roles": "auditor"}, False),
    ],
    ids=str,
)
def test_times_allow_30_seconds_and_every_claim_must_hold(claims: dict[str, Any], *, valid: bool) -> None:
    assert (actor(token(**claims)) is not None) == valid


@pytest.mark.parametrize("leeway", [0, 5])
def test_the_leeway_is_the_setting(leeway: int) -> None:
    known = settings(jwt_leeway_seconds=leeway)
    found = [actor(token(exp=SECOND + 1 - late), known) is not None for late in (leeway, leeway + 1)]
    assert found == [True, False]


SECRET = OctKey.generate_key(256)


@pytest.mark.parametrize(
    ("key", "header", "valid"),
    [
        (ED, {}, True),
        (EC, {"alg": "ES256"}, True),
        (STRANGER, {}, False),
        (STRANGER, {"kid": ED.kid}, False),
        (ED, {"kid": STRANGER.kid}, False),
        (SECRET, {"alg": "HS256", "kid": ED.kid}, False),
        (ED, {"typ": "JWT"}, False),
        (ED, {"typ": None}, False),
    ],
    ids=["Ed25519", "ES256", "stranger", "stranger's signature", "unknown kid", "HS256", "JWT", "no type"],
)
def test_a_known_key_an_allowed_algorithm_and_the_type_are_demanded(
    key: Key, header: dict[str, Any], *, valid: bool
) -> None:
    assert (actor(token(key, header)) is not None) == valid


def test_a_token_without_a_signature_or_with_a_changed_claim_is_refused() -> None:
    head, body, signature = token().split(".")
    changed = json.dumps({**json.loads(base64.urlsafe_b64decode(body + "==")), "roles": ["city_supervisor"]}).encode()
    forged = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg": "none", "typ": "at+jwt"}').rstrip(b"=").decode()
    assert actor(f"{head}.{body}.{signature}")
    for said in (f"{head}.{forged}.{signature}", f"{unsigned}.{body}.", f"{head}.{body}.", "", "x"):
        assert actor(said) is None


def test_only_the_algorithms_of_the_settings_count() -> None:
    only = settings(jwt_algorithms=["ES256"])
    assert (actor(token(), only), actor(token(EC, {"alg": "ES256"}), only) is not None) == (None, True)


def test_the_longest_token() -> None:
    shortest = len(token(pad=""))
    texts = [
        token(pad="x" * length) for length in range((4096 - shortest) * 3 // 4 - 8, (4096 - shortest) * 3 // 4 + 8)
    ]
    assert {len(text) <= 4096 for text in texts} == {True, False}
    assert {len(text) <= 4096: actor(text) is not None for text in texts} == {True: True, False: False}
    assert 4096 in {len(text) for text in texts}


def test_what_is_remembered_follows_clock_keys_and_settings() -> None:
    said, known = token(), settings()
    assert actor(said, known)
    assert actor(said, known, NOW + timedelta(seconds=89))
    assert actor(said, known, NOW + timedelta(seconds=90)) is None
    assert actor(said, known, NOW - timedelta(seconds=31)) is None, "issued later than it is used"
    assert actor(said, known)
    assert actor(said, settings(EC)) is None
    for changed in ({"jwt_issuer": "x"}, {"jwt_audience": "x"}, {"jwt_algorithms": ["ES256"]}):
        assert actor(said, settings(**changed)) is None, changed
    assert actor(said, settings(jwt_claims=ClaimMapping(roles="x"))) is None
    assert actor(said, settings(jwt_lifetime_hours=0.001)) is None
    assert actor(said, Settings()) is None


@pytest.mark.parametrize("source", ["{", "{}", '{"keys": [{}]}', "/nowhere/keys.json"])
def test_signing_keys_that_cannot_be_read_are_named_at_the_start(source: str) -> None:
    with pytest.raises(ValueError, match="TENGHUAN_JWT_KEYS"):
        check_keys(Settings(jwt_keys=SecretStr(source)))


def test_no_signing_keys_are_no_fault_at_the_start() -> None:
    check_keys(Settings())
    check_keys(settings())


@pytest.mark.parametrize(
    ("asked", "said", "valid"),
    [
        ("at+jwt", "application/at+jwt", True),
        ("at+jwt", "AT+JWT", True),
        ("", "JWT", True),
        ("", None, True),
        ("jwt", "JWT", True),
        ("jwt", "at+jwt", False),
    ],
)
def test_the_type_is_that_of_the_setting(asked: str, said: str | None, *, valid: bool) -> None:
    known = settings(jwt_type=asked)
    assert (actor(token(ED, {"typ": said}), known) is not None) == valid


def test_an_audience_may_be_that_of_the_service() -> None:
    known = settings(jwt_audience="tenghuan-{service}")
    assert actor(token(aud="tenghuan-intake"), known)
    assert actor(token(aud="tenghuan-funding"), known) is None
    assert actor(token(aud="tenghuan-{service}"), known) is None


@pytest.mark.parametrize(("url", "safe"), [
    ("https://login.invalid/jwks", True),
    ("http://127.0.0.1:8080/jwks", True),
    ("http://login.invalid/jwks", False),
    ("http://127.0.0.1.login.invalid/jwks", False),
    ("file:///keys.json", False),
])  # fmt: skip
def test_keys_are_fetched_over_tls_except_on_this_machine(url: str, *, safe: bool) -> None:
    known = Settings(jwt_keys_url=url)
    if safe:
        check_keys(known)
    else:
        with pytest.raises(ValueError, match="TENGHUAN_JWT_KEYS_URL"):
            check_keys(known)


def test_a_token_tells_when_it_was_issued_and_when_it_ends() -> None:
    found = actor(token(jti="one"))
    assert found is not None
    assert found.sign_in == ("one", NOW, NOW + timedelta(seconds=60))
