"""Settings for a process of ours: the operator's where given, otherwise an embedded PostgreSQL below var/."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from deploy.personas import Signer
from deploy.postgres import start
from deploy.postgres_site import PostgresError
from shared.settings import Settings


def kept_secret(folder: Path, name: str, fresh: str) -> str:
    """The secret of that name in the data folder, made once and readable by its owner alone."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    return path.read_text()


def kept_signer() -> Signer:
    """The demonstration's signing key, kept so that tokens of an earlier run still work."""
    return Signer(kept_secret(Settings().data_dir, "signing-key.json", Signer().private_jwk()))


@contextmanager
def database_settings() -> Iterator[Settings]:
    """Settings with a database: from the environment, or an embedded server for the length of the block.

    Exits with one clear line when there is neither.
    """
    settings = Settings()
    if settings.database_url or any(getattr(settings, f"{name}_database_url") for name in ("intake", "funding")):
        yield settings
        return
    fresh = secrets.token_urlsafe(18)
    password = settings.role_password.get_secret_value() or kept_secret(settings.data_dir, "role-password", fresh)
    try:
        server = start(settings.data_dir / "postgres")
    except PostgresError as error:
        raise SystemExit(str(error)) from error
    try:
        yield settings.model_copy(update={"database_url": server.dsn(), "role_password": SecretStr(password)})
    finally:
        server.stop()
