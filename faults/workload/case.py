"""One declared project of the load: who owns it, which officer does what on it, what of it is out of the ordinary."""

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.personas import CITY_PEOPLE, Persona, applicant
from deploy.demo.sample.generate import make_uscc
from deploy.demo.story.projects import MET, factory
from faults.workload.caller import Caller
from faults.workload.log import Command
from shared.districts import DISTRICTS

OFFICERS = [person.subject for person in CITY_PEOPLE if "city_officer" in person.roles]
SUPERVISORS = [person.subject for person in CITY_PEOPLE if "city_supervisor" in person.roles]
FINANCE = [person.subject for person in CITY_PEOPLE if "finance" in person.roles]
LINE_M2, OVER_M2 = "3000.00", "9000.00"
"""A factory's area must pass the line, so one that is on it is refused. 二（一）2"""
Body = dict[str, Any] | None


@dataclass
class Case:
    """A project, its people, and the way to act on it."""

    caller: Caller
    number: int
    seed: str
    """Draws what is out of the ordinary with it."""
    id: str = ""
    over: bool = False
    """Whether nothing more is to be done on it."""
    people: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = self.chance("itself")
        self.district = chance.choice(list(DISTRICTS))
        self.investment_yuan = chance.choice((20, 35, 50, 80, 120, 180)) * 1_000_000
        self.eligible = chance.random() >= 0.08
        roles = ("receiver", "spare", "concluder", "first_reviewer", "second_reviewer", "drafter", "claimant")
        self.people = dict(zip(roles, chance.sample(OFFICERS, len(roles)), strict=True))
        self.people |= dict(zip(("admitter", "approver", "judge"), chance.sample(SUPERVISORS, 3), strict=True))
        self.people |= dict(zip(("asker", "payer", "bookkeeper"), chance.sample(FINANCE, 3), strict=True))
        self.people |= {role: f"{self.district}-{who}" for role, who in _OF_THE_DISTRICT.items()}

    @property
    def region(self) -> str:
        return self.district if self.district != "BDA" else "110302"

    @property
    def owner(self) -> Persona:
        uscc = make_uscc(f"91{self.region}", f"XN7{self.number:05d}")
        return applicant(uscc, f"示例更新{self.number}号有限公司")

    def chance(self, what: str) -> random.Random:
        """Draws of its own for each thing: what befalls a case is settled by the seed, whatever came before it."""
        return random.Random(f"{self.seed}/{what}")

    def likely(self, what: str, share: float) -> bool:
        return self.chance(what).random() < share

    def draft(self) -> dict[str, Any]:
        """What the owner declares: an old factory that meets every condition, or one that is exactly on the line."""
        yuan, area = f"{self.investment_yuan}.00", OVER_M2 if self.eligible else LINE_M2
        facts = MET | {"project_type": "old_factory", "components": [factory(area, yuan)]}
        return {
            "project_name": f"示例厂房改造{self.number}号", "address": f"北京市示例大街{self.number}号",
            "project_code": f"2401-{self.region}-04-01-{100_000 + self.number}",
            "applicant_name": self.owner.name.removesuffix("申报人"), "applicant_uscc": self.owner.uscc,
            "district": self.district, "library_entry_id": None, "operation_mode": "own", "facts": facts,
            "simulated": ["*"],
        }  # fmt: skip

    def known(self) -> dict[str, Any]:
        """What the model must know of it."""
        return {"investment_fen": self.investment_yuan * 100, "eligible": self.eligible}

    async def act(self, service: str, act: str, path: str, who: str, body: Body = None, **more: Any) -> Command:
        """An act of one of the case's people, named by the part played."""
        person = self.owner if who == "owner" else self.people[who]
        return await self.caller.act(service, act, path, person, self.id, body, **more)

    async def filing(self, act: str, what: str, who: str, body: Body = None, **more: Any) -> Command:
        return await self.act("intake", act, f"/v1/declarations/{self.id}/{what}", who, body, **more)

    async def review(self, act: str, what: str, who: str, body: Body = None, **more: Any) -> Command:
        return await self.act("eligibility", act, f"/v1/assessments/{self.id}/{what}", who, body, **more)

    async def money(self, act: str, what: str, who: str, body: Body = None, **more: Any) -> Command:
        return await self.act("funding", act, f"/v1/applications/{self.id}/{what}", who, body, **more)

    async def seen(self, service: str, path: str, who: str, holds: str = "id") -> bool:
        """Wait until the case has come to a service and says what it `holds`; False, noted, when it never comes."""
        pause, patience_ends = 0.2, time.monotonic() + self.caller.plan.waiting_seconds
        while time.monotonic() < min(patience_ends, self.caller.give_up_at):
            answer = await self.caller.ask(service, path, self.people[who])
            if answer is not None and answer.status_code == 200 and answer.json().get(holds):
                return True
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.5)
        self.caller.log.stall(self.id, f"{service} {holds}")
        return False


_OF_THE_DISTRICT = {
    "officer": "officer-1", "other_officer": "officer-2", "supervisor": "supervisor-1", "government": "government",
}  # fmt: skip


async def at_once(*acts: Coroutine[Any, Any, Command]) -> list[Command]:
    """Several people act at the same moment."""
    return list(await asyncio.gather(*acts))


def done(*commands: Command) -> bool:
    """Whether one of them was accepted."""
    return any(command.accepted for command in commands)
