"""Audit rows of the operator's commands, in full."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from deploy.cli.operation import login_name
from services import SERVICES
from tests.shared.events.test_delivery import ACTOR
from tests.world import World

COMMAND_AT = datetime(2024, 3, 2, 4, 5, 6, 789000, tzinfo=UTC)


async def audit_rows(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return the audit rows of each service that has some, without their running numbers."""
    found = {}
    for service in SERVICES:
        async with world.instances[service].database.session(ACTOR) as session:
            rows = await session.execute(text("SELECT * FROM operation ORDER BY id"))
            found[service] = [{name: row[name] for name in row if name != "id"} for row in rows.mappings()]
    return {service: rows for service, rows in found.items() if rows}


async def expect_audit(
    world: World,
    services: tuple[str, ...],
    command: str,
    arguments: dict[str, Any],
    *outcomes: tuple[str, Any],
    operator: str = "",
    reason: str | None = None,
) -> None:
    """Compare all audit rows in full: the same ones in each of the services, of one operation, and none elsewhere."""
    found = await audit_rows(world)
    assert tuple(found) == services
    assert len({row.pop("operation_id") for rows in found.values() for row in rows}) == 1
    login = login_name()
    each = {"at": COMMAND_AT, "operator": operator or login, "login": login, "command": command}
    expected = [
        {**each, "arguments": arguments, "reason": reason, "outcome": outcome, "detail": detail}
        for outcome, detail in outcomes
    ]
    for rows in found.values():
        assert rows == expected
