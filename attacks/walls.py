"""Attacks from inside: a stolen login of one database role."""

import asyncpg

from attacks.registry import attack
from attacks.target import Succeeded, Target
from services import SERVICES
from shared.settings import ROLE_KINDS

REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.RaiseError,
    asyncpg.RestrictViolationError,
)


@attack("walls")
async def log_in_with_another_roles_password(target: Target) -> None:
    """Log in as each role with the password of every other"""
    passwords = {
        (kind, service): target.settings.service_url(service, kind).password
        for service in SERVICES
        for kind in ROLE_KINDS
    }
    for (kind, service), own in passwords.items():
        for stolen in {each for each in passwords.values() if each != own}:
            url = target.settings.service_url(service, kind).set(drivername="postgresql", password=stolen)
            try:
                connection = await asyncpg.connect(url.render_as_string(hide_password=False))
            except asyncpg.InvalidAuthorizationSpecificationError:
                continue
            await connection.close()
            raise Succeeded(f"{kind}_{service} logs in with another role's password")


@attack("walls")
async def read_another_services_tables(target: Target) -> None:
    """Read another service's tables under each application's login"""
    for service in SERVICES:
        async with target.login("app", service) as connection:
            for other in SERVICES:
                if other != service:
                    await _denied(connection, f"SELECT count(*) FROM {other}.act")


@attack("walls")
async def rewrite_the_audit_record(target: Target) -> None:
    """Change and delete acts, events, duties and kept answers under each application's login"""
    statements = (
        "UPDATE act SET actor = 'nobody'",
        "DELETE FROM act",
        "UPDATE event_log SET payload = ''",
        "DELETE FROM event_log",
        "UPDATE duty SET taken_at = now()",
        "DELETE FROM duty",
        "UPDATE idempotency_key SET body = ''",
        "UPDATE api_key SET districts = '{}'",
        "TRUNCATE act",
    )
    for service in SERVICES:
        async with target.login("app", service) as connection:
            await connection.execute(
                "SELECT set_config('app.districts', '{}', false), set_config('app.applicant', '', false)"
            )
            for statement in statements:
                await _denied(connection, statement)


@attack("walls")
async def become_another_role(target: Target) -> None:
    """Take another role, make objects and change own rights under each login"""
    for service in SERVICES:
        for kind in ROLE_KINDS:
            async with target.login(kind, service) as connection:
                for statement in (
                    f"SET ROLE owner_{service}",
                    "SET ROLE tenghuan",
                    "CREATE TABLE public.mine (id int)",
                    f"CREATE TABLE {service}.mine (id int)",
                    f"ALTER ROLE {kind}_{service} CONNECTION LIMIT 1000",
                    f"GRANT owner_{service} TO {kind}_{service}",
                ):
                    await _denied(connection, statement)


async def _denied(connection: asyncpg.Connection, statement: str) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        if not isinstance(error, REFUSALS):
            raise
        return
    finally:
        await transaction.rollback()
    raise Succeeded(f"allowed: {statement}")
