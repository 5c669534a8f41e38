"""Operator settings from environment variables with the prefix TENGHUAN_ and from files in /run/secrets."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import URL, make_url

from shared.claim_mapping import ClaimMapping
from shared.load_limits import LoadLimits
from shared.periods import Periods

ROOT = Path(__file__).resolve().parent.parent
ROLE_KINDS = ("app", "relay", "sealer")
"""Kinds of database roles that log in; each service has a role of each kind, such as app_intake."""
_SERVICE_URL = re.compile(r"TENGHUAN_(\w+)_DATABASE_URL")
_ROLE_PASSWORD = re.compile(rf"TENGHUAN_([A-Z]+)_({'|'.join(ROLE_KINDS).upper()})(_NEXT)?_PASSWORD")


class NoLogin(ValueError):
    """A database role has no password of its own; no service logs in with another role's."""

    def __init__(self, kind: str, service: str) -> None:
        named = f"TENGHUAN_{service}_{kind}_PASSWORD".upper()
        super().__init__(
            f"the database role {kind}_{service} has no password: set {named} "
            "(the administrator's login and TENGHUAN_ROLE_PASSWORD, once one for all, are never used instead)"
        )


LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts that only this machine reaches."""


class Settings(LoadLimits, Periods):
    """All settings; the defaults suit production and contain no secret."""

    model_config = SettingsConfigDict(
        env_prefix="TENGHUAN_",
        env_nested_delimiter="__",
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
        extra="ignore",
    )

    database_url: str = ""
    """URL postgresql://… of an administrator who may create roles and schemas; migrations use it."""
    role_passwords: dict[str, SecretStr] = Field(default_factory=dict)
    """Password of each database role, by its name: TENGHUAN_<SERVICE>_APP_PASSWORD, TENGHUAN_<SERVICE>_RELAY_PASSWORD;
    or all in one JSON object."""
    next_role_passwords: dict[str, SecretStr] = Field(default_factory=dict)
    """Passwords that take over in a rotation: TENGHUAN_<SERVICE>_APP_NEXT_PASSWORD. A login that is refused with the
    one is tried with the other; the administrator's commands set this one."""
    role_connections: dict[str, int] = Field(default_factory=dict)
    """Maximum number of connections of a role, by kind ({"app": 80}); others keep those of shared/storage/roles.py."""
    service_database_urls: dict[str, str] = Field(default_factory=dict)
    """Server of a single service, TENGHUAN_<SERVICE>_DATABASE_URL; a password in it is that of app_<service>."""
    pool_size: int = 5
    pool_overflow: int = 5

    data_dir: Path = ROOT / "var"
    """Folder of a demonstration's database, keys and files."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From this level on lines are written; `debug` adds a line for every read that succeeded."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """`auto`: JSON, one object a line; on a terminal a format for reading."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Port of the metrics for Prometheus; 0: none. Under `make run-kafka` each service takes the next one."""
    metrics_host: str = "127.0.0.1"
    """The address of an internal network: metrics are served without a login."""
    metrics_seconds: float = Field(default=15.0, gt=0)
    """Interval at which gauges are read from the database."""
    traces_endpoint: str = ""
    """Address that receives traces (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; empty: no traces."""
    traces_ratio: float = Field(default=1.0, ge=0, le=1)
    """Share of requests that are traced, unless the caller's own trace decides."""
    build: str = "development"
    """Version of the image or package that runs, shown in the metrics."""
    host: str = "127.0.0.1"
    port: int = 8700
    """First of consecutive ports: the services take port + 1, port + 2, … in the order of `services.SERVICES`."""
    tls_certificate_file: Path | None = None
    """PEM file of the certificate chain with which the process serves HTTPS."""
    tls_key_file: Path | None = None
    """PEM file of its private key."""
    tls_check_seconds: float = Field(default=30.0, gt=0)
    """Seconds between two looks whether a file of the certificate has changed; a changed one is read anew."""
    bus: Literal["none", "kafka"] = "none"
    """Bus between processes; `none` leaves the events of a single service in the outbox."""
    instance: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", max_length=60)
    """Name of this replica of a service, such as its ordinal. A replica that restarts under the same name within the
    session timeout resumes its partitions at once; no two replicas may share a name. Empty: no static membership."""
    kafka_servers: str = "127.0.0.1:9092"
    """Brokers as host:port, separated by commas."""
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_username: str = ""
    """SCRAM-SHA-512 login; each service has its own principal (deploy/kafka/acls.sh)."""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: Path | None = None
    """PEM file of the authority that signed the brokers' certificates; None: the system's authorities."""
    kafka_certificate_file: Path | None = None
    """PEM file of the client certificate, if the brokers require one."""
    kafka_key_file: Path | None = None
    kafka_partitions: int = Field(default=12, ge=1, le=1000)
    """Partitions of every topic, fixed at creation: a change would split a project's events over two partitions."""
    kafka_replication: int = Field(default=3, ge=1, le=7)
    kafka_batch: int = Field(default=500, ge=1, le=5000)
    """Maximum number of records per transaction."""
    kafka_session_seconds: float = Field(default=15.0, ge=1, le=300)
    """Session timeout: a consumer without heartbeat for this time loses its partitions."""
    files_url: str = ""
    """Store of uploaded materials: file:///… or s3://bucket/prefix. Empty: `files` in data_dir."""
    upload_limit_bytes: int = 50 * 1024 * 1024
    update_max_age_days: int = Field(default=7, ge=1, le=90)
    """Age at which a signed update in district.library-updates is not recorded any more but becomes a dead letter."""

    jwt_keys: SecretStr = SecretStr("")
    """JWK set of the public keys that sign tokens, as JSON text or as a file path."""
    jwt_keys_url: str = ""
    """Address (https) of the identity provider's JWK set, beside or instead of `jwt_keys`."""
    jwt_keys_refresh_seconds: float = Field(default=300.0, ge=30, le=3600)
    """Age at which the keys of that address are fetched anew; an unknown key id leads to a fetch after 30 seconds."""
    jwt_issuer: str = "https://login.tenghuan.invalid"
    jwt_audience: str = "tenghuan"
    """Audience that a token must name; `{service}` stands for the service's name, for one audience per service."""
    jwt_algorithms: list[Literal["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]] = Field(
        default=["RS256", "ES256", "EdDSA", "Ed25519"]
    )
    jwt_type: str = "at+jwt"
    """`typ` that a token's header must have (RFC 9068). Empty, for a provider that sets another: any."""
    jwt_lifetime_hours: float = Field(default=12.0, gt=0, le=100_000)
    """Longest time between `iat` and `exp`; a token for longer is refused."""
    jwt_claims: ClaimMapping = ClaimMapping()
    """Names of the claims with roles, district, credit code and name: TENGHUAN_JWT_CLAIMS__ROLES=realm_access.roles."""
    jwt_leeway_seconds: int = 30
    cors_origins: list[Annotated[str, Field(pattern=r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$")]] = Field(
        default_factory=list
    )
    """Origins whose pages may call the API from a browser, as https://dashboard.example.invalid; none by default."""
    revocation_refresh_seconds: float = Field(default=2.0, ge=0, le=60)
    """Age at which a process reads the revoked tokens again, so long a revoked token may still count there."""
    api_key_days: int = Field(default=365, ge=1, le=3660)
    """Days after which an API key expires that was issued without an end."""
    api_key_days_max: int = Field(default=730, ge=1, le=3660)
    """Most days that an API key may be issued for."""

    story_clock: bool = False
    """Enables PUT /clock, with which a demonstration sets the time. Never in production."""
    tick_seconds: float = 60.0
    release_request_days: int = Field(default=15, ge=1, le=366)
    """Days after which a release that no second person has decided on lapses; it may be requested anew."""
    ledger_verify_seconds: float = Field(default=60.0, gt=0)
    """Interval at which the ledger is verified against documents, cases and events, and the most that this may take."""
    interest_offset_limit_yuan: int = Field(default=100_000, ge=0)
    """Subsidy decided beyond a recomputation that is offset against the next claim; above it a clawback is proposed."""

    seal_keys: SecretStr = SecretStr("")
    """Private keys that sign checkpoints, one a line, as text or as a file path: one for each service that the process
    runs, named …/<service>; the last of a name signs. `tenghuan audit keygen` makes one. Empty: nothing is sealed."""
    seal_public_keys: str = ""
    """Public keys of all services' checkpoints, one a line, as text or as a file path; former keys stay in it."""
    seal_seconds: float = Field(default=5.0, gt=0)
    """Interval at which new records are sealed; under load longer, up to 30 s, so that sealing takes 4 % of a core."""
    seal_full_seconds: float = Field(default=3600.0, gt=0)
    """Interval at which the sealer compares all records with their seals."""
    seal_announce_seconds: float = Field(default=60.0, ge=0)
    """Shortest interval at which a service announces its checkpoint to the others."""
    checkpoints_dir: Path | None = None
    """Folder to which each service writes its checkpoint daily, for print or notary. None: no files."""

    opinion_due_working_days: int = 10
    first_review_due_working_days: int = 10
    correction_due_working_days: int = 20
    city_due_working_days: dict[str, PositiveInt] = Field(
        {"forwarded": 5, "received": 20, "review_passed": 30, "pooled": 20}
    )
    quarter_due_working_days: int = 10
    rectification_due_days: int = 30
    payee_waiting_working_days: int = Field(default=1, ge=1, le=30)
    """Whole working days between the confirmation of another payee account and its first payment."""
    payment_answer_working_days: int = Field(default=5, ge=1, le=60)
    """Working days within which the treasury answers a payment order; then its lines are overdue."""
    payment_order_no_prefix: str = "京发改（支付）"
    """Demonstration prefix of payment orders; a number reads 京发改（支付）〔2024〕7号."""
    pool_reviewers_min: int = Field(default=2, ge=1, le=50)
    """Minimum number of reviewers who score a project before it enters the pool (三（二）; no number in the notice)."""
    approval_no_prefix: str = "京发改（批）"
    """Demonstration prefix, as the office's series is not published; a number reads 京发改（批）〔2024〕7号."""
    plan_no_prefix: str = "京发改（投资）"
    """Demonstration prefix of plan numbers."""
    interpretations: dict[str, str] = Field(default_factory=dict)
    """Chosen readings of open points of the notice, e.g. {"lpr_date": "period_start"}; others keep their default."""

    def service_url(self, service: str, kind: str = "app") -> URL:
        """Return the asyncpg URL with which a service's role of this kind logs in.

        Raises NoLogin where the role has no password: the administrator's login never stands in for it.
        """
        own = self.service_database_urls.get(service, "")
        url, role = make_url(own or self.database_url), f"{kind}_{service}"
        password = self._password(role) or (own and url.username == role and url.password)
        if not password:
            raise NoLogin(kind, service)
        return url.set(drivername="postgresql+asyncpg", username=role, password=str(password))

    def _password(self, role: str) -> str:
        given = self.role_passwords.get(role) or self.next_role_passwords.get(role)
        return given.get_secret_value() if given else ""

    def next_password(self, role: str) -> str:
        """Return the password that takes over from the role's present one; empty without a rotation."""
        return self.next_role_passwords.get(role, SecretStr("")).get_secret_value()

    def of_service(self, service: str) -> "Settings":
        """Return what the service's own process needs: no administrator, no secret of another service's roles."""
        server = self.service_database_urls.get(service) or _without_login(self.database_url)
        own = {f"{kind}_{service}" for kind in ROLE_KINDS}
        kept: dict[str, Any] = {
            field: {role: password for role, password in getattr(self, field).items() if role in own}
            for field in ("role_passwords", "next_role_passwords")
        }
        signing = self.seal_keys.get_secret_value()
        if "+" in signing:
            own_keys = [line for line in signing.splitlines() if f"/{service}+" in line]
            kept["seal_keys"] = SecretStr("\n".join(own_keys))
        return self.model_copy(update={**kept, "database_url": "", "service_database_urls": {service: server}})

    def admin_url(self) -> URL:
        """Return the administrator's URL. Raises ValueError if none is set."""
        if not self.database_url:
            raise ValueError("TENGHUAN_DATABASE_URL is not set")
        return make_url(self.database_url).set(drivername="postgresql+asyncpg")

    def file_store_url(self, area: str) -> str:
        """Return the address of an area of the file store, without a name that of the whole store."""
        whole = (self.files_url or (self.data_dir.resolve() / "files").as_uri()).rstrip("/")
        return f"{whole}/{area}" if area else whole

    def redacted(self) -> dict[str, Any]:
        """Return the settings without secrets and passwords, for display."""
        shown = self.model_dump(mode="json")
        hides = ("@", "password")
        return {
            name: "***" if "url" in name and any(sign in str(value) for sign in hides) else value
            for name, value in shown.items()
        }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the default sources plus those of single services and roles."""
        own = _NamedByService(settings_cls)
        return init_settings, own, env_settings, dotenv_settings, file_secret_settings


def _without_login(url: str) -> str:
    if not url:
        return ""
    return make_url(url)._replace(username=None, password=None).render_as_string()


class _NamedByService(PydanticBaseSettingsSource):
    """Source for TENGHUAN_<SERVICE>_DATABASE_URL and TENGHUAN_<SERVICE>_<KIND>_PASSWORD, variables or secret files."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values found, by setting; the environment takes precedence over a file."""
        found: dict[str, dict[str, str]] = {}
        for name, value in self._given().items():
            place = _place_of(name.upper())
            if place:
                setting, key = place
                found.setdefault(setting, {})[key] = value.read_text().strip() if isinstance(value, Path) else value
        return found

    def _given(self) -> dict[str, Path | str]:
        folder = self.config.get("secrets_dir")
        files = [path for path in Path(str(folder)).iterdir() if path.is_file()] if folder else []
        return {path.name.upper(): path for path in files} | dict(os.environ)


def _place_of(name: str) -> tuple[str, str] | None:
    """Return the setting to which a variable belongs, and the key of its value there."""
    if match := _ROLE_PASSWORD.fullmatch(name):
        service, kind, following = match.groups()
        return ("next_role_passwords" if following else "role_passwords"), f"{kind}_{service}".lower()
    if match := _SERVICE_URL.fullmatch(name):
        return "service_database_urls", match[1].lower()
    return None
