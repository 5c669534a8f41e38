"""Bearer tokens of people: signature, times, and the actor that a valid token names."""

import warnings
from functools import lru_cache
from typing import NamedTuple

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning

from shared.actors import Actor
from shared.claim_mapping import ClaimMapping
from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.identity.claims import actor_of
from shared.identity.signing_keys import SigningKeys, key_set
from shared.settings import Settings

_TOKEN_LIMIT = 4096
_REMEMBERED = 2048
"""Verified tokens kept in memory, some 10 MB at most."""
_TIMES = ("exp", "nbf", "iat")


class TokenRules(NamedTuple):
    """Demands of the settings on a token; a token verified under other rules is verified again."""

    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    type: str
    lifetime_hours: float
    claims: str
    """The claim mapping as JSON."""

    @classmethod
    def of(cls, settings: Settings, service: str) -> "TokenRules":
        """Return the rules of a service: `{service}` in the audience stands for its name."""
        return cls(
            tuple(settings.jwt_algorithms),
            settings.jwt_issuer,
            settings.jwt_audience.replace("{service}", service),
            settings.jwt_type,
            settings.jwt_lifetime_hours,
            settings.jwt_claims.model_dump_json(),
        )


class TokenReader:
    """Reader of the tokens that are sent to one service."""

    def __init__(self, service: str, settings: Settings, clock: Clock) -> None:
        self.service, self.settings, self.clock = service, settings, clock
        self.keys = SigningKeys(settings)

    async def read(self, token: str) -> Actor:
        """Return the person whom a token names.

        Raises Unauthenticated for anything wrong with it, and ProviderUnavailable where its key cannot be had.
        """
        keys = await self.keys.text(_key_id(token))
        return read_token(token, keys, TokenRules.of(self.settings, self.service), self._now(), self._leeway)

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    @property
    def _leeway(self) -> int:
        return self.settings.jwt_leeway_seconds


def _key_id(token: str) -> str | None:
    """Return the key id that an unverified token names. Raises Unauthenticated for what is no token."""
    if len(token) > _TOKEN_LIMIT:
        raise Unauthenticated("令牌无效")
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Unauthenticated("令牌无效或已过期") from error
    return kid if isinstance(kid, str) else None


def read_token(token: str, keys: str, rules: TokenRules, now: int, leeway: int) -> Actor:
    """Return the person whom a token signed by one of these keys names, at a time in seconds since 1970.

    A verified signature is remembered; the times in the token are compared with the clock at every request.
    Raises Unauthenticated for anything wrong with it.
    """
    if not keys or len(token) > _TOKEN_LIMIT:
        raise Unauthenticated("令牌无效")
    times = jwt.JWTClaimsRegistry(now=now, leeway=leeway, exp={"essential": True}, iat={"essential": True})
    try:
        actor, claims = _verified(token, keys, rules)
        times.validate(dict(claims))
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Unauthenticated("令牌无效或已过期") from error
    return actor


@lru_cache(maxsize=_REMEMBERED)
def _verified(token: str, keys: str, rules: TokenRules) -> tuple[Actor, tuple[tuple[str, int], ...]]:
    """Return the actor and the times of a token that these keys signed. What is refused is not remembered.

    Keys come from the settings alone: what a token's header says of a key (jku, jwk, x5u) counts for nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # providers still name Ed25519 as EdDSA
        decoded = jwt.decode(token, key_set(keys), algorithms=list(rules.algorithms))
    named = {name: value for name, value in decoded.claims.items() if name not in _TIMES}
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": rules.issuer},
        aud={"essential": True, "value": rules.audience},
        sub={"essential": True},
    ).validate(named)
    if rules.type and str(decoded.header.get("typ", "")).lower().removeprefix("application/") != rules.type:
        raise Unauthenticated(f"令牌类型须为 {rules.type}")
    mapping = ClaimMapping.model_validate_json(rules.claims)
    actor = actor_of(decoded.claims, mapping, rules.lifetime_hours * 3600)
    return actor, tuple((name, decoded.claims[name]) for name in _TIMES if name in decoded.claims)
