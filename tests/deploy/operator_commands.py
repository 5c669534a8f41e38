"""Commands of the operator in tests, and their audit rows."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.outbox import emit
from tests.postgres import LOGINS
from tests.shared.events.test_delivery import ACTOR
from tests.world import World


@dataclass
class WithdrawalLog:
    """Withdrawals that the monitoring service handled, and the reasons for which its handler fails."""

    reasons: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    async def note(self, _session: AsyncSession, event: DeclarationWithdrawn) -> None:
        if event.reason in self.failing:
            raise RuntimeError("示例故障")
        self.reasons.append(event.reason)


async def tenghuan(world: World, *arguments: object, answer: str | None = None) -> Result:
    """Run the command on the test's database."""
    given = {"TENGHUAN_DATABASE_URL": world.settings.database_url, **LOGINS}
    return await invoked([str(each) for each in arguments], given, answer)


async def invoked(arguments: list[str], given: dict[str, str], answer: str | None = None) -> Result:
    """Run the command in a thread: it has an event loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, arguments, input=answer, env=given))


async def rows_of(world: World, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
    result = await tenghuan(world, *arguments, "--format", "json")
    assert result.exit_code == code, (result.output, result.exception)
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


async def record(world: World, service: str) -> list[tuple[str, str]]:
    """Return command and outcome of a service's audit rows."""
    async with world.instances[service].database.session(ACTOR) as session:
        rows = await session.execute(text("SELECT command, outcome FROM operation ORDER BY id"))
        return [(row.command, row.outcome) for row in rows]


async def announced(world: World, many: int, service: str = "intake") -> UUID:
    """Emit so many events of a new declaration; return its id."""
    subject = uuid4()
    async with world.instances[service].database.session(ACTOR) as session:
        for number in range(1, many + 1):
            await emit(session, DeclarationWithdrawn(declaration_id=subject, district="110105", reason=f"第{number}次"))
    return subject


async def forgotten(world: World) -> None:
    """Delete the events that monitoring received, as a restore from an old backup would."""
    await world.database.admin.execute("TRUNCATE monitoring.inbox, monitoring.stream_seen")
