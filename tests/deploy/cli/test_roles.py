"""Passwords of roles are changed while the services run: whoever knows both goes on, the old one is refused."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from deploy.local.postgres import Embedded, start
from services import SERVICES, load_all
from shared.actors import system_actor
from shared.clock import Clock
from shared.settings import ROLE_KINDS, Settings
from shared.storage.migrate import upgrade
from shared.storage.roles import KINDS
from shared.storage.session import Database
from tests.deploy.operator_commands import invoked, tenghuan
from tests.postgres import FAST, LOGINS, ROLE_PASSWORDS
from tests.world import World

if TYPE_CHECKING:
    from tests.containers import ContainedPostgres

NEXT = {role: f"next-{password}" for role, password in ROLE_PASSWORDS.items()}
TO_COME = {
    f"TENGHUAN_{service}_{kind}_NEXT_PASSWORD".upper(): NEXT[f"{kind}_{service}"]
    for service in SERVICES
    for kind in ROLE_KINDS
}


@pytest.fixture
def elsewhere() -> Iterator[Embedded]:
    """Start a server for the test: roles belong to a whole server."""
    with TemporaryDirectory(prefix="tenghuan-") as made:
        Path(made).chmod(0o755)
        server = start(Path(made) / "postgres", FAST)
        yield server
        server.stop(keep=False)


async def lets_in(server: "Embedded | ContainedPostgres", role: str, password: str, database: str = "postgres") -> bool:
    try:
        await (await asyncpg.connect(server.dsn(database, role, password))).close()
    except asyncpg.InvalidPasswordError:
        return False
    return True


async def test_the_connections_of_a_role_are_bounded(elsewhere: Embedded) -> None:
    settings = Settings(database_url=elsewhere.dsn(), role_passwords=ROLE_PASSWORDS, role_connections={"relay": 1})
    await upgrade(settings, load_all())
    limits = dict(await rows(elsewhere, "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname ~ '^(app|relay)_'"))
    assert limits == {
        f"{kind}_{service}": 1 if kind == "relay" else KINDS[kind].connections
        for kind in ("app", "relay")
        for service in SERVICES
    }
    only = await asyncpg.connect(elsewhere.dsn("postgres", "relay_intake", ROLE_PASSWORDS["relay_intake"]))
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await lets_in(elsewhere, "relay_intake", ROLE_PASSWORDS["relay_intake"])
    await only.close()


async def rows(server: Embedded, query: str) -> list[tuple[str, int]]:
    """Return rows of two columns, read by the superuser."""
    admin = await asyncpg.connect(server.dsn())
    try:
        return [(row[0], row[1]) for row in await admin.fetch(query)]
    finally:
        await admin.close()


async def works(settings: Settings, service: str = "intake") -> int:
    """Return a service's answer over a new connection, under the login that its settings give it."""
    database = Database(service, settings.service_url(service), Clock(), settings)
    try:
        async with database.session(system_actor(service)) as session:
            return int(await session.scalar(text("SELECT 1")) or 0)
    finally:
        await database.close()


async def test_a_rotation_leaves_no_moment_without_a_login(elsewhere: Embedded) -> None:
    old = Settings(database_url=elsewhere.dsn(), role_passwords=ROLE_PASSWORDS)
    both = old.model_copy(update={"next_role_passwords": {role: SecretStr(next_) for role, next_ in NEXT.items()}})
    await upgrade(old, load_all())
    running = Database("intake", both.service_url("intake"), Clock(), both)
    async with running.session(system_actor("intake")) as before:
        await before.execute(text("SELECT 1"))
        assert await works(both) == 1

        given = {"TENGHUAN_DATABASE_URL": elsewhere.dsn(), **LOGINS, **TO_COME}
        done = await invoked(["roles", "rotate", "--reason", "yearly"], given)
        assert done.exit_code == 0, done.output
        assert [role for role in NEXT if role not in done.output] == []
        assert not [password for password in (*NEXT.values(), *ROLE_PASSWORDS.values()) if password in done.output]

        await before.execute(text("SELECT 1"))  # a session that began before goes on
        assert await works(both) == 1
        rows = (await before.execute(text("SELECT reason, outcome, arguments FROM operation ORDER BY id"))).all()
        assert [(row.reason, row.outcome) for row in rows] == [("yearly", "begun"), ("yearly", "done")]
        assert "next-" not in str(rows)
    await running.close()

    for role in ROLE_PASSWORDS:
        assert (await lets_in(elsewhere, role, ROLE_PASSWORDS[role]), await lets_in(elsewhere, role, NEXT[role])) == (
            False,
            True,
        ), role
    new = Settings(database_url=elsewhere.dsn(), role_passwords=NEXT)
    assert await works(new) == 1
    await upgrade(both, load_all())  # a migration in the middle of a rotation does not go back
    assert await works(new) == 1


async def test_nothing_is_rotated_without_a_new_password(world: World) -> None:
    refused = await tenghuan(world, "roles", "rotate", "--reason", "yearly")
    assert refused.exit_code == 1
    assert "NEXT_PASSWORD" in refused.output
    server, name = world.database.server.embedded, world.database.name
    assert all(await asyncio.gather(*(lets_in(server, *login, name) for login in ROLE_PASSWORDS.items())))


async def test_only_the_administrator_rotates(world: World) -> None:
    own = {
        f"TENGHUAN_{service.upper()}_DATABASE_URL": world.settings.database_url.replace(
            "//tenghuan:", f"//app_{service}:"
        )
        for service in SERVICES
    }
    refused = await invoked(["roles", "rotate", "--reason", "x"], {**own, **LOGINS, **TO_COME})
    assert refused.exit_code == 1
    assert "TENGHUAN_DATABASE_URL" in refused.output
