"""One declared project of the load: owner, officers by role, and the irregular events drawn for it."""

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.personas import CITY_PEOPLE, Persona, applicant
from deploy.demo.sample.generate import make_uscc
from deploy.demo.story.projects import MET, factory
from faults.workload.client import Client
from faults.workload.log import Command
from shared.districts import DISTRICTS

OFFICERS = [person.subject for person in CITY_PEOPLE if "city_officer" in person.roles]
SUPERVISORS = [person.subject for person in CITY_PEOPLE if "city_supervisor" in person.roles]
FINANCE = [person.subject for person in CITY_PEOPLE if "finance" in person.roles]
THRESHOLD_M2, ABOVE_THRESHOLD_M2 = "3000.00", "9000.00"
"""A factory's area must exceed 3,000 m²: one exactly at the threshold is refused. 二（一）2"""
Body = dict[str, Any] | None


@dataclass
class Case:
    """A project, its people, and the acts on it."""

    client: Client
    number: int
    seed: str
    """Seed of the irregular events."""
    id: str = ""
    finished: bool = False
    """Set when no further act follows."""
    people: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = self.rng("itself")
        self.district = rng.choice(list(DISTRICTS))
        self.investment_yuan = rng.choice((20, 35, 50, 80, 120, 180)) * 1_000_000
        self.eligible = rng.random() >= 0.08
        roles = ("receiver", "spare", "concluder", "first_reviewer", "second_reviewer", "drafter", "claimant")
        self.people = dict(zip(roles, rng.sample(OFFICERS, len(roles)), strict=True))
        self.people |= dict(zip(("admitter", "approver", "judge"), rng.sample(SUPERVISORS, 3), strict=True))
        self.people |= dict(zip(("asker", "payer", "bookkeeper"), rng.sample(FINANCE, 3), strict=True))
        self.people |= {role: f"{self.district}-{suffix}" for role, suffix in _OF_THE_DISTRICT.items()}

    @property
    def region(self) -> str:
        return self.district if self.district != "BDA" else "110302"

    @property
    def owner(self) -> Persona:
        uscc = make_uscc(f"91{self.region}", f"XN7{self.number:05d}")
        return applicant(uscc, f"示例更新{self.number}号有限公司")

    def rng(self, topic: str) -> random.Random:
        """Return a random generator for one topic: draws depend on the seed, not on the order of events."""
        return random.Random(f"{self.seed}/{topic}")

    def happens(self, topic: str, share: float) -> bool:
        return self.rng(topic).random() < share

    def declaration_body(self) -> dict[str, Any]:
        """Return the declaration: an old factory that meets every condition, or one exactly at the threshold."""
        yuan, area = f"{self.investment_yuan}.00", ABOVE_THRESHOLD_M2 if self.eligible else THRESHOLD_M2
        facts = MET | {"project_type": "old_factory", "components": [factory(area, yuan)]}
        return {
            "project_name": f"示例厂房改造{self.number}号", "address": f"北京市示例大街{self.number}号",
            "project_code": f"2401-{self.region}-04-01-{100_000 + self.number}",
            "applicant_name": self.owner.name.removesuffix("申报人"), "applicant_uscc": self.owner.uscc,
            "district": self.district, "library_entry_id": None, "operation_mode": "own", "facts": facts,
            "simulated": ["*"],
        }  # fmt: skip

    def model_facts(self) -> dict[str, Any]:
        """Return the facts that the model needs."""
        return {"investment_fen": self.investment_yuan * 100, "eligible": self.eligible}

    async def act(self, service: str, act: str, path: str, role: str, body: Body = None, **options: Any) -> Command:
        """Send an act of one of the case's people, named by role."""
        person = self.owner if role == "owner" else self.people[role]
        return await self.client.act(service, act, path, person, self.id, body, **options)

    async def intake_act(self, act: str, topic: str, role: str, body: Body = None, **options: Any) -> Command:
        return await self.act("intake", act, f"/v1/declarations/{self.id}/{topic}", role, body, **options)

    async def eligibility_act(self, act: str, topic: str, role: str, body: Body = None, **options: Any) -> Command:
        return await self.act("eligibility", act, f"/v1/assessments/{self.id}/{topic}", role, body, **options)

    async def funding_act(self, act: str, topic: str, role: str, body: Body = None, **options: Any) -> Command:
        return await self.act("funding", act, f"/v1/applications/{self.id}/{topic}", role, body, **options)

    async def wait_for(self, service: str, path: str, role: str, field: str = "id") -> bool:
        """Wait until a service answers with a value in `field`; record a stall and return False when it never does."""
        pause, deadline = 0.2, time.monotonic() + self.client.profile.waiting_seconds
        while time.monotonic() < min(deadline, self.client.give_up_at):
            answer = await self.client.get(service, path, self.people[role])
            if answer is not None and answer.status_code == 200 and answer.json().get(field):
                return True
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.5)
        self.client.log.record_stall(self.id, f"{service} {field}")
        return False


_OF_THE_DISTRICT = {
    "officer": "officer-1", "other_officer": "officer-2", "supervisor": "supervisor-1", "government": "government",
}  # fmt: skip


async def concurrently(*acts: Coroutine[Any, Any, Command]) -> list[Command]:
    """Send several acts at the same moment."""
    return list(await asyncio.gather(*acts))


def any_accepted(*commands: Command) -> bool:
    """Return whether one of the commands was accepted."""
    return any(command.accepted for command in commands)
