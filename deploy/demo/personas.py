"""Personas of the demonstration (all fictional), the key that signs their tokens, and the tokens."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from deploy.local.settings import kept_secret, settings_given
from shared.actors import ROLES
from shared.districts import DISTRICTS
from shared.settings import Settings


@dataclass(frozen=True)
class Persona:
    """A person who signs in: records keep `subject`, pages show `name`."""

    subject: str
    name: str
    roles: tuple[str, ...]
    district: str | None = None
    uscc: str | None = None

    def claims(self) -> dict[str, Any]:
        """Return the token's claims about the person."""
        own = {"district": self.district, "uscc": self.uscc}
        return {"sub": self.subject, "name": self.name, "roles": list(self.roles)} | {k: v for k, v in own.items() if v}


def district_people(code: str) -> list[Persona]:
    """Return the personas of a district: two officers, two supervisors and its government office."""
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
    """Return the persona that files for the enterprise with this credit code."""
    return Persona(f"applicant-{uscc}", f"{name}申报人", ("applicant",), uscc=uscc)


class Signer:
    """The demonstration's identity provider: one Ed25519 key."""

    def __init__(self, private_jwk: str | None = None) -> None:
        self.key = OKPKey.import_key(json.loads(private_jwk)) if private_jwk else OKPKey.generate_key("Ed25519")
        self.key.ensure_kid()

    def private_jwk(self) -> str:
        """Return the private key as JSON text."""
        return json.dumps(self.key.as_dict(private=True))

    def jwks(self) -> str:
        """Return the public key as a JWK set, the form of TENGHUAN_JWT_KEYS."""
        return json.dumps(KeySet([self.key]).as_dict(private=False))

    def token(self, persona: Persona, settings: Settings, now: datetime, hours: int = 12) -> str:
        """Return a bearer token for a persona, valid from `now`. Raises ValueError for an unknown role."""
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


SIGNING_KEY = "signing-key.json"
STORY_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
"""Before the story's first day; the tokens of a demonstration begin then and last as long as the story's years."""
TOKEN_HOURS = 24 * 3650


def kept_signer() -> Signer:
    """Return the signer whose key is kept in the data folder: tokens of an earlier run stay valid."""
    return Signer(kept_secret(settings_given().data_dir, SIGNING_KEY, Signer().private_jwk()))


class NoDemonstration(Exception):
    """There is no demonstration whose key could sign; the message says what to do."""


def existing_signer(settings: Settings) -> Signer:
    """Return the signer of the demonstration in the data folder.

    Raises NoDemonstration where none was started, or where TENGHUAN_JWT_KEYS names other keys than its own.
    """
    path = settings.data_dir / SIGNING_KEY
    if not path.exists():
        raise NoDemonstration(
            f"there is no demonstration in {settings.data_dir}: start it with make run. "
            "In production the identity provider issues the tokens"
        )
    signer = Signer(path.read_text())
    given = settings.jwt_keys.get_secret_value()
    if given and str(signer.key.kid) not in given:
        raise NoDemonstration("TENGHUAN_JWT_KEYS names another issuer: the identity provider issues the tokens")
    return signer
