"""Actors: people and systems, their roles, API keys and signatures."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from shared.districts import CITY, DISTRICTS
from shared.errors import Forbidden

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
SERVICE = "service:"
"""Prefix of the subject of a service."""


class SignIn(NamedTuple):
    """The token or API key by which an actor is signed in: its id, if it has one, and its times."""

    token_id: str | None
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Actor:
    """A person or system in the role in which it acts. `districts` are those whose rows it may read."""

    subject: str
    name: str
    role: str
    districts: tuple[str, ...] = ()
    uscc: str | None = None
    roles: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    """Scopes of an API key. None: a person or the suite itself, whom only the role limits."""
    is_agent: bool = False
    """True for a person who acts for an owner that authorised it; `uscc` is then the owner's."""
    sign_in: SignIn | None = field(default=None, compare=False)
    """None for the suite itself."""

    def as_role(self, allowed: tuple[str, ...]) -> "Actor":
        """Return the actor in the first allowed role it holds. Raises Forbidden if it holds none."""
        held = [role for role in allowed if role in (self.roles or (self.role,))]
        if not held:
            raise Forbidden("需要以下角色之一：" + "、".join(ROLES[role] for role in allowed))
        return replace(self, role=held[0])

    @property
    def is_service(self) -> bool:
        """Return whether a service acts by itself. A token cannot say so: the role `system` is taken from none."""
        return self.role == "system" and self.subject.startswith(SERVICE)

    def check_scope(self, scope: str | None) -> None:
        """Raise Forbidden for an API key without the scope that an operation demands."""
        if scope is not None and self.scopes is not None and scope not in self.scopes:
            raise Forbidden(f"该接口密钥没有权限 {scope}；确需使用的，请市级负责人签发含此权限的密钥")


def system_actor(service: str) -> Actor:
    """Return the actor for acts of the service itself: on an event or by schedule."""
    return Actor(f"{SERVICE}{service}", service, "system", WHOLE_CITY)


def new_api_key() -> tuple[str, str, bytes]:
    """Return a new API key: its id, the text shown once, and the hash that is stored."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return key_id, f"th_live_{key_id}_{secret}", hash_secret(secret)


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def key_holder(row: Any) -> Actor:
    """Return the actor of an API key's row."""
    valid = SignIn(row.id, row.created_at, row.expires_at)
    districts = WHOLE_CITY if CITY in row.districts else tuple(row.districts)
    return Actor(f"key:{row.id}", row.name, "system", districts, scopes=frozenset(row.scopes), sign_in=valid)


def signature(secret_hash: bytes, content: bytes) -> str:
    """Return the HMAC-SHA256 of the content in hex, by which a key's holder signs without sending the secret."""
    return hmac.new(secret_hash, content, hashlib.sha256).hexdigest()
