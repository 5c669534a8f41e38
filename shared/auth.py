"""Who acts: bearer tokens of people, API keys of systems, and the roles of the notice."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.clock import Clock
from shared.districts import CITY, DISTRICTS
from shared.errors import Forbidden, Unauthenticated
from shared.identifiers import Uscc
from shared.settings import Settings
from shared.text import Line

ROLES = {
    "applicant": "项目单位",
    "district_officer": "区发展改革委经办",
    "district_supervisor": "区发展改革委负责人",
    "district_government": "区政府（管委会）",
    "city_officer": "市发展改革委经办",
    "city_supervisor": "市发展改革委负责人",
    "finance": "资金拨付",
    "inspector": "现场核查",
    "auditor": "审计",
    "system": "对接系统",
}
WHOLE_CITY = (*DISTRICTS, CITY)
_DISTRICT_ROLES = {"district_officer", "district_supervisor", "district_government"}
_CITY_ROLES = {"city_officer", "city_supervisor", "finance", "inspector", "auditor"}
_TOKEN_LIMIT = 4096


@dataclass(frozen=True)
class Actor:
    """A person or a system in the role it acts in. `districts` are those whose rows it may see."""

    subject: str
    name: str
    role: str
    districts: tuple[str, ...] = ()
    uscc: str | None = None
    roles: tuple[str, ...] = ()
    writes: bool = True

    def as_role(self, allowed: tuple[str, ...]) -> "Actor":
        """The same person in the first of the allowed roles held. Raises Forbidden."""
        held = [role for role in allowed if role in (self.roles or (self.role,))]
        if not held:
            raise Forbidden("需要以下角色之一：" + "、".join(ROLES[role] for role in allowed))
        return Actor(self.subject, self.name, held[0], self.districts, self.uscc, self.roles, self.writes)

    def check_writes(self) -> None:
        """Raises Forbidden for a key that was given for reading."""
        if not self.writes:
            raise Forbidden("该接口密钥仅可读取")


def system_actor(service: str) -> Actor:
    """The service itself, acting on an event or by the clock."""
    return Actor(f"service:{service}", service, "system", WHOLE_CITY)


def signing_keys(source: str) -> KeySet:
    """The key set of TENGHUAN_JWT_KEYS. A file is read each time: a rotated key counts at once.

    Raises ValueError, JoseError or OSError when there is no key set.
    """
    return _parsed(source if source.lstrip().startswith("{") else Path(source).read_text())


def check_keys(settings: Settings) -> None:
    """Raises ValueError when TENGHUAN_JWT_KEYS is set and gives no keys."""
    source = settings.jwt_keys.get_secret_value()
    try:
        if source:
            signing_keys(source)
    except (OSError, ValueError, TypeError, KeyError, JoseError) as error:
        raise ValueError(f"TENGHUAN_JWT_KEYS gives no JWK set: {error!r}") from error


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeySet:
    return KeySet.import_key_set(json.loads(text))


def read_token(token: str, settings: Settings, clock: Clock) -> Actor:
    """The person a token stands for. Raises Unauthenticated for anything wrong with it."""
    keys = settings.jwt_keys.get_secret_value()
    if not keys or len(token) > _TOKEN_LIMIT:
        raise Unauthenticated("令牌无效")
    claims_of = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=settings.jwt_leeway_seconds,
        iss={"essential": True, "value": settings.jwt_issuer},
        aud={"essential": True, "value": settings.jwt_audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(token, signing_keys(keys), algorithms=settings.jwt_algorithms)
        claims_of.validate(decoded.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise Unauthenticated("令牌无效或已过期") from error
    if decoded.header.get("typ") != "at+jwt":
        raise Unauthenticated("令牌类型须为 at+jwt")
    return _actor(decoded.claims)


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    sub: Line
    name: Line | None = None
    roles: list[str]
    district: str | None = None
    uscc: Uscc | None = None


def _actor(claims: dict[str, Any]) -> Actor:
    try:
        said = _Claims.model_validate(claims)
    except ValidationError as error:
        raise Unauthenticated("令牌内容不符合要求") from error
    roles = tuple(role for role in said.roles if role in ROLES and role != "system")
    districts, uscc = _sight(set(roles), said)
    return Actor(said.sub, said.name or said.sub, roles[0], districts, uscc, roles)


def _sight(roles: set[str], said: _Claims) -> tuple[tuple[str, ...], str | None]:
    """Whose rows the roles may see. A token of two offices would act in one with the sight of the other: refused."""
    if not roles:
        raise Unauthenticated("令牌未载明角色")
    if roles <= _CITY_ROLES:
        return WHOLE_CITY, None
    if roles == {"applicant"}:
        if said.uscc is None:
            raise Unauthenticated("项目单位令牌须载明统一社会信用代码")
        return WHOLE_CITY, said.uscc
    if not roles <= _DISTRICT_ROLES:
        raise Unauthenticated("一个令牌不得兼有项目单位、区级或市级中两方的角色")
    if said.district is None or said.district not in DISTRICTS:
        raise Unauthenticated("区级令牌须载明所在区")
    return (said.district,), None


def new_api_key() -> tuple[str, str, bytes]:
    """A fresh key: its id, the text shown once, and the hash that is kept."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return key_id, f"th_live_{key_id}_{secret}", hash_secret(secret)


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def key_holder(row: Any) -> Actor:
    """The system to which a key was given, by the key's row."""
    return Actor(f"key:{row.id}", row.name, "system", tuple(row.districts) or WHOLE_CITY, writes=row.writes)


def signature(secret_hash: bytes, content: bytes) -> str:
    """What the holder of a key writes under what it sends where the secret itself must not appear: HMAC-SHA256, hex."""
    return hmac.new(secret_hash, content, hashlib.sha256).hexdigest()


_bearer = HTTPBearer(auto_error=False, description="Bearer token of a person, or an API key (th_live_…)")


async def current_actor(request: Request, _scheme: Annotated[Any, Depends(_bearer)]) -> Actor:
    """The caller, or Unauthenticated."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated()
    instance = request.app.state.instance
    if credential.startswith("th_live_"):
        return await instance.actor_of_api_key(credential)  # type: ignore[no-any-return]
    return read_token(credential, instance.settings, instance.clock)


SignedIn = Annotated[Actor, Depends(current_actor)]


def _holder(*allowed: str) -> Callable[[Actor, Request], Awaitable[Actor]]:
    async def check(actor: SignedIn, request: Request) -> Actor:
        acting = actor.as_role(allowed)
        if request.method != "GET":
            acting.check_writes()
        request.state.actor = acting
        if session := getattr(request.state, "session", None):
            session.info["actor"] = acting
        return acting

    return check


Applicant = Annotated[Actor, Depends(_holder("applicant"))]
DistrictOfficer = Annotated[Actor, Depends(_holder("district_officer"))]
DistrictSupervisor = Annotated[Actor, Depends(_holder("district_supervisor"))]
DistrictGovernment = Annotated[Actor, Depends(_holder("district_government"))]
DistrictPush = Annotated[Actor, Depends(_holder("district_officer", "system"))]
CityOfficer = Annotated[Actor, Depends(_holder("city_officer"))]
CitySupervisor = Annotated[Actor, Depends(_holder("city_supervisor"))]
CityOffice = Annotated[Actor, Depends(_holder("city_officer", "city_supervisor", "auditor"))]
Finance = Annotated[Actor, Depends(_holder("finance"))]
FinanceOrAuditor = Annotated[Actor, Depends(_holder("finance", "auditor"))]
Inspector = Annotated[Actor, Depends(_holder("inspector"))]
CityDesk = Annotated[Actor, Depends(_holder("city_officer", "city_supervisor"))]
DistrictOrCity = Annotated[Actor, Depends(_holder("district_officer", "city_officer"))]
ApplicantOrOfficer = Annotated[Actor, Depends(_holder("applicant", "district_officer"))]
ApplicantOrSystem = Annotated[Actor, Depends(_holder("applicant", "system"))]
CityOrInspector = Annotated[Actor, Depends(_holder("city_officer", "inspector"))]
OfficerOrInspector = Annotated[Actor, Depends(_holder("district_officer", "city_officer", "inspector"))]
CityOrApplicant = Annotated[
    Actor, Depends(_holder("applicant", "city_officer", "city_supervisor", "finance", "inspector", "auditor"))
]
MaterialProvider = Annotated[Actor, Depends(_holder("applicant", "district_officer", "district_government"))]
Official = Annotated[Actor, Depends(_holder(*(role for role in ROLES if role not in ("applicant", "system"))))]
OfficialOrSystem = Annotated[Actor, Depends(_holder(*(role for role in ROLES if role != "applicant")))]
Anyone = Annotated[Actor, Depends(_holder(*ROLES))]
