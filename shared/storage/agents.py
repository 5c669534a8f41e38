"""Authorised agents (授权经办人): a person who acts for a project owner in one service during a period."""

from dataclasses import replace

from sqlalchemy import select

from shared.actors import Actor, system_actor
from shared.errors import Forbidden
from shared.storage.session import Database, today
from shared.storage.tables import agent


class Agents:
    """The agents whom owners authorised in a service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acting_for(self, actor: Actor, uscc: str) -> Actor:
        """Return the actor as agent of the owner with this credit code.

        Raises Forbidden unless the owner's authorisation covers today and was not withdrawn.
        """
        if actor.uscc is None:
            raise Forbidden("只有项目单位人员可以代其他单位办理；请去掉 On-Behalf-Of 请求头")
        async with self._database.session(system_actor(self._database.service)) as session:
            current = today(session)
            valid = select(agent.c.id).where(
                agent.c.applicant_uscc == uscc,
                agent.c.subject == actor.subject,
                agent.c.starts_on <= current,
                agent.c.ends_on >= current,
                agent.c.withdrawn_at.is_(None),
            )
            if await session.scalar(valid.limit(1)) is None:
                raise Forbidden(f"单位 {uscc} 没有授权您今日在本服务代为办理；请该单位以 POST /v1/agents 授权")
        return replace(actor, uscc=uscc, is_agent=True)
