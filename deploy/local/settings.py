"""Settings of a command: the operator's, and an embedded PostgreSQL below var/ where no database is named."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.postgres import Embedded, start
from deploy.local.postgres_site import PostgresError
from deploy.local.signals import signals_held
from services import SERVICES, load
from shared.sealing.note import SigningKey, lines_of
from shared.settings import ROLE_KINDS, NoLogin, Settings

_OPERATOR_ERRORS = ("08", "28", "3D", "42501", "53", "57")
"""SQLSTATE: no connection, no login, no such database, not allowed, no resources, going down."""
SEAL_KEYS = "seal-keys"
"""File of the data folder with the keys that sign checkpoints."""


def kept_secret(folder: Path, name: str, fresh: str) -> str:
    """Return a secret of the data folder, created once with the text `fresh` and readable by its owner alone."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    return path.read_text()


def settings_given() -> Settings:
    """Return the settings of the environment. Exits with one line for each invalid one."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"TENGHUAN_{'__'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()]
        raise SystemExit("\n".join(faults)) from None


async def migrated(settings: Settings, bus: str, services: tuple[str, ...] = SERVICES) -> None:
    """Bring the database up to date, claim it for the bus (`none` claims nothing) and check the services' logins.

    Exits with one line where that is refused.
    """
    # Alembic takes a tenth of a start: a service that finds its tables made does not import it.
    from deploy.local.carrier import OtherCarrier, claim
    from shared.storage.migrate import upgrade

    try:
        await upgrade(settings, [load(name) for name in services])
        if bus != "none":
            await claim(settings, bus, services)
        for url in [settings.service_url(service, kind) for service in services for kind in ROLE_KINDS]:
            async with create_async_engine(url, poolclass=NullPool).connect():
                pass  # the login is what is checked
    except DBAPIError as error:
        if not str(getattr(error.orig, "sqlstate", "")).startswith(_OPERATOR_ERRORS):
            raise
        raise SystemExit(f"The database refuses: {error.orig}; see TENGHUAN_DATABASE_URL, _APP_PASSWORD") from None
    except (OtherCarrier, NoLogin) as error:
        raise SystemExit(str(error)) from None
    except (OSError, ArgumentError) as error:
        raise SystemExit(f"The database of TENGHUAN_DATABASE_URL cannot be reached: {error}") from None


@contextmanager
def database_settings(
    meanwhile: Callable[[], object] = lambda: None, parameters: Mapping[str, str] | None = None
) -> Iterator[Settings]:
    """Yield settings with a database: the environment's, or an embedded server with these parameters.

    `meanwhile` runs beside the server's start: imports, which take as long. Exits with one line when there is neither.
    """
    settings = settings_given()
    if names_a_database(settings):
        meanwhile()
        yield settings
        return
    try:
        server = _start_beside(meanwhile, settings.data_dir / "postgres", parameters)
    except PostgresError as error:
        raise SystemExit(str(error)) from error
    try:
        yield settings_of(settings, server)
    finally:
        server.stop()


def _start_beside(meanwhile: Callable[[], object], home: Path, parameters: Mapping[str, str] | None) -> Embedded:
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(start, home, parameters)
        try:
            meanwhile()
            return starting.result()
        except BaseException:
            with signals_held():
                starting.result().stop()
            raise


@contextmanager
def existing_database_settings() -> Iterator[Settings]:
    """Yield settings with a database that exists: the environment's, or the embedded one, started when needed.

    Raises PostgresError where there is none: a tool never makes an empty database to look into.
    """
    settings = settings_given()
    if names_a_database(settings):
        yield settings
        return
    home = settings.data_dir / "postgres"
    if not (home / "PG_VERSION").exists():
        raise PostgresError(f"there is no database in {home}")
    server = start(home)
    try:
        yield settings_of(settings, server)
    finally:
        server.stop()


def names_a_database(settings: Settings) -> bool:
    """Return whether the operator named a database; otherwise an embedded one is used."""
    return bool(settings.database_url) or any(settings.service_database_urls.values())


def settings_of(settings: Settings, server: Embedded) -> Settings:
    """Return settings for an embedded server, with passwords of the roles that follow from a kept secret."""
    kept = kept_secret(settings.data_dir, "role-password", secrets.token_urlsafe(18))
    passwords = passwords_from(kept) | settings.role_passwords
    named = {"database_url": server.dsn(), "role_passwords": passwords}
    return with_seal_keys(settings.model_copy(update=named))


def with_seal_keys(settings: Settings) -> Settings:
    """Return settings with the kept keys of the data folder that sign checkpoints, unless the operator named keys."""
    if settings.seal_keys.get_secret_value():
        return settings
    fresh = "\n".join(SigningKey.new(f"tenghuan/{service}").text() for service in SERVICES) + "\n"
    kept = kept_secret(settings.data_dir, SEAL_KEYS, fresh)
    public = "\n".join(str(SigningKey.read(line).public) for line in lines_of(kept))
    named = {"seal_keys": SecretStr(kept), "seal_public_keys": settings.seal_public_keys or public}
    return settings.model_copy(update=named)


def passwords_from(secret: str) -> dict[str, SecretStr]:
    """Return a password for each database role; none of them leads to another, or to the secret."""
    roles = [f"{kind}_{service}" for service in SERVICES for kind in ROLE_KINDS]
    return {role: SecretStr(hmac.digest(secret.encode(), role.encode(), hashlib.sha256).hex()) for role in roles}
