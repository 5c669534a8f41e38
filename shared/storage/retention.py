"""Retention: what neither the ledger, a seal nor a case needs is erased after its period, and each run is recorded.

I31; 个人信息保护法 art. 19 and 47. `privacy.toml` here and beside each service lists the fields and names the rules.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, delete, func, insert, null, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import uuid7
from shared.dates import BEIJING
from shared.settings import Settings
from shared.storage.session import actor_of, now, settings_of, today
from shared.storage.tables import agent, api_key, dead_letter, idempotency_key, operation, person, revoked_token

ERASED = "已删除"
"""Stands in place of an erased value that may not be NULL."""
BATCH = 5_000
"""Maximum number of rows that a rule erases in one transaction."""
COMMAND = "retention"
"""Command under which a run is recorded as an operation."""
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('retention ' || :service, 7))")


@dataclass(frozen=True)
class Rule:
    """Erasure of one kind of record: what became due before `now - days` goes."""

    name: str
    days: Callable[[Settings], int]
    erase: Callable[[AsyncSession, datetime, int], Awaitable[int]]
    """Erases at most so many rows that became due before the instant; returns how many."""


async def _erase_answers(session: AsyncSession, before: datetime, limit: int) -> int:
    return await _deleted(session, idempotency_key, idempotency_key.c.created_at < before, limit)


async def _erase_revocations(session: AsyncSession, before: datetime, limit: int) -> int:
    return await _deleted(session, revoked_token, revoked_token.c.until < before, limit)


async def _erase_letters(session: AsyncSession, before: datetime, limit: int) -> int:
    return await _deleted(session, dead_letter, dead_letter.c.settled_at < before, limit)


async def _erase_people(session: AsyncSession, before: datetime, limit: int) -> int:
    """Forget the names; account, roles and the closing stay, which refuse the account. A sign-in names it anew."""
    unseen = and_(person.c.closed_at.is_(None), person.c.seen_on < before.astimezone(BEIJING).date())
    due = and_(person.c.name != ERASED, or_(person.c.closed_at < before, unseen))
    reason = case((person.c.closed_at.is_(None), null()), else_=ERASED)
    return await _blanked(session, person, due, limit, name=ERASED, uscc=None, closed_reason=reason)


async def _erase_agents(session: AsyncSession, before: datetime, limit: int) -> int:
    ended = or_(agent.c.withdrawn_at < before, agent.c.ends_on < before.astimezone(BEIJING).date())
    reason = case((agent.c.withdrawn_reason.is_(None), null()), else_=ERASED)
    told = {"name": ERASED, "reason": ERASED, "withdrawn_reason": reason}
    return await _blanked(session, agent, and_(agent.c.name != ERASED, ended), limit, **told)


async def _erase_keys(session: AsyncSession, before: datetime, limit: int) -> int:
    ended = func.least(api_key.c.expires_at, api_key.c.revoked_at)  # NULL does not count in LEAST
    reason = case((api_key.c.revoked_reason.is_(None), null()), else_=ERASED)
    due = and_(api_key.c.name != ERASED, ended < before)
    return await _blanked(session, api_key, due, limit, name=ERASED, revoked_reason=reason)


RULES = (
    Rule("answers", lambda settings: settings.idempotency_keep_days, _erase_answers),
    Rule("people", lambda settings: settings.keep_people_days, _erase_people),
    Rule("agents", lambda settings: settings.keep_people_days, _erase_agents),
    Rule("keys", lambda settings: settings.keep_keys_days, _erase_keys),
    Rule("revocations", lambda settings: settings.keep_revocations_days, _erase_revocations),
    Rule("letters", lambda settings: settings.keep_letters_days, _erase_letters),
)
"""Rules of every service."""


async def _deleted(session: AsyncSession, table: Table, due: ColumnElement[bool], limit: int) -> int:
    done: Any = await session.execute(delete(table).where(_some(table, due, limit)))
    return int(done.rowcount)


async def _blanked(session: AsyncSession, table: Table, due: ColumnElement[bool], limit: int, **values: Any) -> int:
    done: Any = await session.execute(update(table).where(_some(table, due, limit)).values(**values))
    return int(done.rowcount)


def _some(table: Table, due: ColumnElement[bool], limit: int) -> ColumnElement[bool]:
    key = tuple(table.primary_key.columns)
    return tuple_(*key).in_(select(*key).where(due).limit(limit))


async def erase_due(session: AsyncSession, rules: Iterable[Rule], limit: int = BATCH) -> bool:
    """Erase what is due, at most `limit` rows a rule, and record it; return whether more may be due.

    One process at a time. A run that finds nothing is recorded once a day. Nothing of a person is recorded.
    """
    await session.execute(_TURN, {"service": session.info["service"]})
    settings, at, erased, before = settings_of(session), now(session), {}, {}
    for rule in rules:
        due = at - timedelta(days=rule.days(settings))
        before[rule.name], erased[rule.name] = due.isoformat(), await rule.erase(session, due, limit)
    more = any(number >= limit for number in erased.values())
    if any(erased.values()) or not await _recorded_today(session):
        await _record(session, "partial" if more else "done", {"erased": erased, "before": before})
    return more


async def _recorded_today(session: AsyncSession) -> bool:
    midnight = datetime.combine(today(session), time(), BEIJING).astimezone(UTC)
    run = select(operation.c.id).where(operation.c.command == COMMAND, operation.c.at >= midnight)
    return await session.scalar(run.limit(1)) is not None


async def _record(session: AsyncSession, outcome: str, detail: dict[str, Any]) -> None:
    at, name = now(session), actor_of(session).subject
    made = {"operation_id": uuid7(at), "at": at, "operator": name, "login": name, "arguments": {}}
    await session.execute(insert(operation).values(**made, command=COMMAND, outcome=outcome, detail=detail))
