"""API keys: the holder of a key, and the day on which it was last used."""

import hmac
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor, hash_secret, key_holder, system_actor
from shared.errors import Unauthenticated
from shared.storage.session import Database, now, today
from shared.storage.tables import api_key


class ApiKeys:
    """The keys of a service; uses are noted in the process and written by the tick, not by each request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used_on: dict[str, date] = {}

    async def holder(self, credential: str) -> Actor:
        """Return the actor of a key. Raises Unauthenticated for one that is unknown, revoked or expired."""
        key_id, _, secret = credential.removeprefix("th_live_").partition("_")
        async with self._database.session(system_actor(self._database.service)) as session:
            row = (await session.execute(select(api_key).where(api_key.c.id == key_id))).one_or_none()
            if row is None or not hmac.compare_digest(row.secret_hash, hash_secret(secret)):
                raise Unauthenticated("接口密钥无效")
            if row.revoked_at is not None or row.expires_at <= now(session):
                raise Unauthenticated("接口密钥已撤销或已过期，请向市级负责人申请新密钥")
            if row.last_used_on is None or row.last_used_on < today(session):
                self._used_on[row.id] = today(session)
        return key_holder(row)

    async def write_uses(self, session: AsyncSession) -> None:
        """Write the days of last use that were noted since the last call."""
        used, self._used_on = self._used_on, {}
        for key_id, day in used.items():
            await session.execute(update(api_key).where(api_key.c.id == key_id).values(last_used_on=day))
