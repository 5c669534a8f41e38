"""Tokens that were revoked before they expired: one by its id, or all of a person up to now."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor, system_actor
from shared.errors import Unauthenticated
from shared.settings import Settings
from shared.storage.session import Database, now, settings_of
from shared.storage.tables import person, revoked_token


class _Revoked(NamedTuple):
    token_ids: frozenset[str]
    subjects: dict[str, datetime]
    """Accounts, and the instant up to which their tokens are revoked."""
    closed: frozenset[str]
    """Accounts of people who left."""


class Revocations:
    """The revocations in force, read again when they are older than `revocation_refresh_seconds`."""

    def __init__(self, database: Database, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database, self._settings, self._monotonic = database, settings, monotonic
        self._turn = asyncio.Lock()
        self.forget()

    def forget(self) -> None:
        """Read the revocations again at the next check."""
        self._known = _Revoked(frozenset(), {}, frozenset())
        self._read_at = float("-inf")

    async def check(self, actor: Actor) -> None:
        """Raise Unauthenticated if the actor's token was revoked, or if the person left."""
        if self._old():
            async with self._turn:
                if self._old():
                    await self._read()
        if actor.subject in self._known.closed:
            raise Unauthenticated("该账号已停用；请联系市级负责人")
        if actor.sign_in is None:
            return
        revoked_at = self._known.subjects.get(actor.subject)
        by_time = revoked_at is not None and actor.sign_in.issued_at <= revoked_at
        if by_time or actor.sign_in.token_id in self._known.token_ids:
            raise Unauthenticated("令牌已被撤销，请重新登录")

    def _old(self) -> bool:
        return self._monotonic() - self._read_at >= self._settings.revocation_refresh_seconds

    async def _read(self) -> None:
        began = self._monotonic()
        async with self._database.session(system_actor(self._database.service)) as session:
            rows = (await session.execute(select(revoked_token).where(revoked_token.c.until > now(session)))).all()
            closed = (await session.scalars(select(person.c.subject).where(person.c.closed_at.is_not(None)))).all()
        subjects: dict[str, datetime] = {}
        for row in rows:
            if row.subject is not None:
                subjects[row.subject] = max(row.revoked_at, subjects.get(row.subject, row.revoked_at))
        token_ids = frozenset(row.token_id for row in rows if row.token_id is not None)
        self._known, self._read_at = _Revoked(token_ids, subjects, frozenset(closed)), began


async def revoke(
    session: AsyncSession, operator: str, reason: str, *, token_id: str | None = None, subject: str | None = None
) -> datetime:
    """Revoke one token by its id, or every token that a person has had until now.

    Return when the revocation ends: no token lives longer than `jwt_lifetime_hours`.
    """
    settings = settings_of(session)
    longest = timedelta(hours=settings.jwt_lifetime_hours, seconds=2 * settings.jwt_leeway_seconds)
    until = now(session) + longest
    values = {"token_id": token_id, "subject": subject, "revoked_at": now(session), "until": until}
    await session.execute(insert(revoked_token).values(**values, operator=operator, reason=reason))
    return until
