"""Claims of a token: where the provider puts them, what must hold of them, and the actor that they name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.actors import ROLES, WHOLE_CITY, Actor, SignIn
from shared.claim_mapping import ClaimMapping
from shared.districts import DISTRICTS
from shared.errors import Unauthenticated
from shared.identifiers import Uscc
from shared.text import Line

DISTRICT_ROLES = frozenset({"district_officer", "district_supervisor", "district_government"})
CITY_ROLES = frozenset({"city_officer", "city_supervisor", "finance", "inspector", "auditor"})
_RESERVED = re.compile(r"(service|key):", re.IGNORECASE)
"""Subjects of the suite itself: a person who bore one would act in the name of a service or of an API key."""
_NO_ACCESS_TOKENS = ("ID", "Refresh", "Offline", "Logout")
"""Kinds of token that Keycloak marks in the claim `typ`."""

Subject = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")]
"""Account of a person: 1 to 255 printable ASCII characters (OpenID Connect Core, section 2)."""
_Seconds = Annotated[float, Field(ge=0, le=2**40, allow_inf_nan=False)]


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    sub: Subject
    name: Line | None = None
    roles: list[str]
    district: str | None = None
    uscc: Uscc | None = None
    jti: Annotated[str, Field(max_length=255)] | None = None
    iat: _Seconds
    exp: _Seconds


def actor_of(claims: Mapping[str, Any], mapping: ClaimMapping, lifetime_seconds: float) -> Actor:
    """Return the actor that verified claims name. Raises Unauthenticated."""
    if claims.get("typ") in _NO_ACCESS_TOKENS:
        raise Unauthenticated("须出示访问令牌，不能以身份令牌或刷新令牌代替")
    try:
        known = _Claims.model_validate({**claims, **_mapped(claims, mapping)})
    except ValidationError as error:
        raise Unauthenticated("令牌内容不符合要求") from error
    if _RESERVED.match(known.sub):
        raise Unauthenticated("令牌的账号与系统账号重名")
    if known.exp - known.iat > lifetime_seconds:
        raise Unauthenticated("令牌有效期超过本系统允许的时长")
    roles = tuple(role for role in known.roles if role in ROLES and role != "system")
    districts, uscc = _visible_rows(set(roles), known)
    signed_in = SignIn(known.jti, _moment(known.iat), _moment(known.exp))
    return Actor(known.sub, known.name or known.sub, roles[0], districts, uscc, roles, sign_in=signed_in)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _mapped(claims: Mapping[str, Any], mapping: ClaimMapping) -> dict[str, Any]:
    """Return roles, district, credit code and name from where the provider puts them, in the suite's own values."""
    found = {name: claim_at(claims, getattr(mapping, name)) for name in ("roles", "district", "uscc", "name")}
    if mapping.role_values and isinstance(found["roles"], list):
        found["roles"] = [
            mapping.role_values[each]
            for each in found["roles"]
            if isinstance(each, str) and each in mapping.role_values
        ]
    if mapping.district_values and isinstance(found["district"], str):
        found["district"] = mapping.district_values.get(found["district"], "")
    return found


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim of that name or, else the one that the dots lead to, or None."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def _visible_rows(roles: set[str], claims: _Claims) -> tuple[tuple[str, ...], str | None]:
    """Return the districts and the owner whose rows the roles may read.

    Raises Unauthenticated for roles of two offices: one would act with the access of the other.
    """
    if not roles:
        raise Unauthenticated("令牌未载明角色")
    if roles <= CITY_ROLES:
        return WHOLE_CITY, None
    if roles == {"applicant"}:
        if claims.uscc is None:
            raise Unauthenticated("项目单位令牌须载明统一社会信用代码")
        return WHOLE_CITY, claims.uscc
    if not roles <= DISTRICT_ROLES:
        raise Unauthenticated("一个令牌不得兼有项目单位、区级或市级中两方的角色")
    if claims.district is None or claims.district not in DISTRICTS:
        raise Unauthenticated("区级令牌须载明所在区")
    return (claims.district,), None
