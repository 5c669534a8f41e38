"""Tickets of event streams: EventSource in a browser sends no header, so a ticket in the address stands for a token."""

import hashlib
import secrets
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor, system_actor
from shared.errors import Unauthenticated
from shared.storage.agents import Agents
from shared.storage.revocations import Revocations
from shared.storage.session import Database, now
from shared.storage.tables import stream_ticket

TICKET_SECONDS = 30
"""Time within which a ticket opens a stream, once."""
_ACTOR = TypeAdapter(Actor)


class StreamTickets:
    """The tickets of a service; all its processes know them, and only their digests are stored."""

    def __init__(self, database: Database, revocations: Revocations, agents: Agents) -> None:
        self._database, self._revocations, self._agents = database, revocations, agents

    async def issue(self, actor: Actor) -> tuple[str, datetime]:
        """Return a ticket for the actor, and when it expires."""
        ticket = secrets.token_urlsafe(32)
        async with self._session() as session:
            end = now(session) + timedelta(seconds=TICKET_SECONDS)
            said = _ACTOR.dump_python(actor, mode="json")
            await session.execute(insert(stream_ticket).values(ticket_hash=_digest(ticket), actor=said, expires_at=end))
        return ticket, end

    async def redeem(self, ticket: str) -> Actor:
        """Return the actor of a ticket and use it up. Raises Unauthenticated for one that is unknown, used or old."""
        async with self._session() as session:
            used = delete(stream_ticket).where(stream_ticket.c.ticket_hash == _digest(ticket))
            row = (await session.execute(used.returning(stream_ticket))).one_or_none()
            current = now(session)
        if row is None or row.expires_at <= current:
            raise Unauthenticated("凭单无效、已用过或已过期；请以 POST /v1/stream-tickets 重新取得")
        actor = _ACTOR.validate_python(row.actor)
        await self.check(actor)
        return actor

    async def check(self, actor: Actor) -> None:
        """Raise Unauthenticated or Forbidden once the token of the ticket, or the right of an agent, has ended."""
        leeway = timedelta(seconds=self._database.settings.jwt_leeway_seconds)
        if actor.sign_in is None or actor.sign_in.expires_at + leeway <= self._database.clock.now():
            raise Unauthenticated("登录已过期，请重新登录")
        await self._revocations.check(actor)
        if actor.is_agent and actor.uscc is not None:
            await self._agents.acting_for(actor, actor.uscc)

    def _session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.session(system_actor(self._database.service))


async def forget_old_tickets(session: AsyncSession) -> None:
    """Delete the tickets that have expired unused."""
    await session.execute(delete(stream_ticket).where(stream_ticket.c.expires_at <= now(session)))


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
