"""The people of the demonstration (all fictional), a signing key made on the spot, and tokens in their names."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from deploy.local.settings import kept_secret, settings_given
from shared.actors import ROLES
from shared.districts import DISTRICTS
from shared.settings import Settings


@dataclass(frozen=True)
class Persona:
    """Someone who signs in: `subject` is what records keep; the name is shown."""

    subject: str
    name: str
    roles: tuple[str, ...]
    district: str | None = None
    uscc: str | None = None

    def claims(self) -> dict[str, Any]:
        own = {"district": self.district, "uscc": self.uscc}
        return {"sub": self.subject, "name": self.name, "roles": list(self.roles)} | {k: v for k, v in own.items() if v}


def district_people(code: str) -> list[Persona]:
    """A district's people: two officers, a supervisor, its government, and its evaluators."""
    name = DISTRICTS[code].name
    return [
        Persona(f"{code}-officer-1", f"{name}经办甲（示例）", ("district_officer",), code),
        Persona(f"{code}-officer-2", f"{name}经办乙（示例）", ("district_officer",), code),
        Persona(f"{code}-supervisor-1", f"{name}负责人甲（示例）", ("district_supervisor",), code),
        Persona(f"{code}-supervisor-2", f"{name}负责人乙（示例）", ("district_supervisor",), code),
        Persona(f"{code}-government", f"{name}政府办（示例）", ("district_government",), code),
    ]


CITY_PEOPLE = [
    *(
        Persona(f"city-officer-{n}", f"市级经办{c}（示例）", ("city_officer",))
        for n, c in enumerate("甲乙丙丁戊己庚辛", 1)
    ),
    *(
        Persona(f"city-supervisor-{n}", f"市级负责人{c}（示例）", ("city_supervisor",))
        for n, c in enumerate("甲乙丙", 1)
    ),
    *(Persona(f"finance-{n}", f"资金经办{c}（示例）", ("finance",)) for n, c in enumerate("甲乙丙", 1)),
    *(Persona(f"inspector-{n}", f"核查员{c}（示例）", ("inspector",)) for n, c in enumerate("甲乙", 1)),
    Persona("auditor-1", "审计员（示例）", ("auditor",)),
]
PEOPLE = {person.subject: person for code in DISTRICTS for person in district_people(code)} | {
    person.subject: person for person in CITY_PEOPLE
}


def applicant(uscc: str, name: str) -> Persona:
    """The one who files for a project owner."""
    return Persona(f"applicant-{uscc}", f"{name}申报人", ("applicant",), uscc=uscc)


class Signer:
    """A demonstration's sign-in: one Ed25519 key, kept by whoever started it."""

    def __init__(self, private_jwk: str | None = None) -> None:
        self.key = OKPKey.import_key(json.loads(private_jwk)) if private_jwk else OKPKey.generate_key("Ed25519")
        self.key.ensure_kid()

    def private_jwk(self) -> str:
        return json.dumps(self.key.as_dict(private=True))

    def jwks(self) -> str:
        """The public keys, as TENGHUAN_JWT_KEYS takes them."""
        return json.dumps(KeySet([self.key]).as_dict(private=False))

    def token(self, persona: Persona, settings: Settings, now: datetime, hours: int = 12) -> str:
        """A bearer token for a persona, valid from `now`."""
        unknown = set(persona.roles) - set(ROLES)
        if unknown:
            raise ValueError(f"unknown roles: {unknown}")
        claims = {
            "iss": settings.jwt_issuer,
            "aud": settings.jwt_audience,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=hours)).timestamp()),
            "jti": secrets.token_hex(8),
            **persona.claims(),
        }
        return jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": self.key.kid}, claims, self.key, ["Ed25519"])


def kept_signer() -> Signer:
    """Return the signer whose key is kept in the data folder: tokens of an earlier run stay valid."""
    return Signer(kept_secret(settings_given().data_dir, "signing-key.json", Signer().private_jwk()))
