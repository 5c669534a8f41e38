"""Bearer tokens: signing keys, claims, and the actor that a valid token names."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.actors import ROLES, WHOLE_CITY, Actor
from shared.clock import Clock
from shared.districts import DISTRICTS
from shared.errors import Unauthenticated
from shared.identifiers import Uscc
from shared.settings import Settings
from shared.text import Line

_DISTRICT_ROLES = {"district_officer", "district_supervisor", "district_government"}
_CITY_ROLES = {"city_officer", "city_supervisor", "finance", "inspector", "auditor"}
_TOKEN_LIMIT = 4096
_REMEMBERED = 2048
"""Verified tokens kept in memory, some 10 MB at most."""
_TIMES = ("exp", "nbf", "iat")


def signing_keys(source: str) -> KeySet:
    """Return the key set of TENGHUAN_JWT_KEYS. A changed file applies at once.

    Raises ValueError, JoseError or OSError if the source holds no key set.
    """
    return _parsed(_text(source))


def check_keys(settings: Settings) -> None:
    """Raise ValueError if TENGHUAN_JWT_KEYS is set but holds no key set."""
    source = settings.jwt_keys.get_secret_value()
    try:
        if source:
            signing_keys(source)
    except (OSError, ValueError, TypeError, KeyError, JoseError) as error:
        raise ValueError(f"TENGHUAN_JWT_KEYS gives no JWK set: {error!r}") from error


def _text(source: str) -> str:
    return source if source.lstrip().startswith("{") else Path(source).read_text()


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeySet:
    return KeySet.import_key_set(json.loads(text))


def read_token(token: str, settings: Settings, clock: Clock) -> Actor:
    """Return the person whom a token names. Raises Unauthenticated for anything wrong with it.

    A verified signature is remembered; the times in the token are compared with the clock at every request.
    """
    keys = settings.jwt_keys.get_secret_value()
    if not keys or len(token) > _TOKEN_LIMIT:
        raise Unauthenticated("令牌无效")
    times = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()), leeway=settings.jwt_leeway_seconds, exp={"essential": True}
    )
    try:
        actor, claims = _verified(
            token, _text(keys), tuple(settings.jwt_algorithms), settings.jwt_issuer, settings.jwt_audience
        )
        times.validate(dict(claims))
    except (JoseError, ValueError, TypeError) as error:
        raise Unauthenticated("令牌无效或已过期") from error
    return actor


@lru_cache(maxsize=_REMEMBERED)
def _verified(
    token: str, keys: str, algorithms: tuple[str, ...], issuer: str, audience: str
) -> tuple[Actor, tuple[tuple[str, Any], ...]]:
    """Return the actor and the times of a token that these keys signed. What is refused is not remembered."""
    decoded = jwt.decode(token, _parsed(keys), algorithms=list(algorithms))
    named = {name: value for name, value in decoded.claims.items() if name not in _TIMES}
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": audience}, sub={"essential": True}
    ).validate(named)
    if decoded.header.get("typ") != "at+jwt":
        raise Unauthenticated("令牌类型须为 at+jwt")
    return _actor(decoded.claims), tuple((name, decoded.claims[name]) for name in _TIMES if name in decoded.claims)


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    sub: Line
    name: Line | None = None
    roles: list[str]
    district: str | None = None
    uscc: Uscc | None = None


def _actor(decoded: dict[str, Any]) -> Actor:
    try:
        claims = _Claims.model_validate(decoded)
    except ValidationError as error:
        raise Unauthenticated("令牌内容不符合要求") from error
    roles = tuple(role for role in claims.roles if role in ROLES and role != "system")
    districts, uscc = _visible_rows(set(roles), claims)
    return Actor(claims.sub, claims.name or claims.sub, roles[0], districts, uscc, roles)


def _visible_rows(roles: set[str], claims: _Claims) -> tuple[tuple[str, ...], str | None]:
    """Return the districts and the owner whose rows the roles may read.

    Raises Unauthenticated for roles of two offices: one would act with the access of the other.
    """
    if not roles:
        raise Unauthenticated("令牌未载明角色")
    if roles <= _CITY_ROLES:
        return WHOLE_CITY, None
    if roles == {"applicant"}:
        if claims.uscc is None:
            raise Unauthenticated("项目单位令牌须载明统一社会信用代码")
        return WHOLE_CITY, claims.uscc
    if not roles <= _DISTRICT_ROLES:
        raise Unauthenticated("一个令牌不得兼有项目单位、区级或市级中两方的角色")
    if claims.district is None or claims.district not in DISTRICTS:
        raise Unauthenticated("区级令牌须载明所在区")
    return (claims.district,), None
