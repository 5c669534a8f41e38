"""Steps of the story of funding that several of its chapters take."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from deploy.demo.personas import Persona
from services.funding.ledger.reconciliation import reconcile_snapshot
from tests.funding.case import announce
from tests.funding.distinct import OTHER_OWNER, OWNER, at, pooled
from tests.world import World


@dataclass
class Story:
    """The story as far as it is told: the world, and the cases by name."""

    world: World
    cases: dict[str, UUID]

    async def post(self, path: str, who: str | Persona, body: Any = None, status: int = 200) -> Any:
        """Send an act, after which the ledger must agree; `{name}` in the path stands for the id of a case."""
        answer = await self.world.post("funding", path.format(**self.cases), who, body, status)
        assert await reconcile_snapshot(self.world.instances["funding"].background.engine, 60) == [], path
        return answer

    async def pool(self, name: str, number: int, *about: Any, **facts: Any) -> None:
        event = pooled(number, *about, **facts)
        await announce(self.world, "eligibility", event)
        self.cases[name] = event.declaration_id

    def named(self, name: str, district: str, owner: str) -> dict[str, Any]:
        return {"declaration_id": self.cases[name], "district": district, "applicant_uscc": owner}


def state(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "evidence": f"证据-{status}", **more}


OWNERS = {"grant": (OWNER, 1), "small": (OTHER_OWNER, 2), "loan": (OTHER_OWNER, 5), "late": (OTHER_OWNER, 9)}


async def enter_account(story: Story, name: str, number: int, **more: Any) -> Any:
    """Let the owner of a case enter an account with distinct values."""
    uscc, project = OWNERS[name]
    account = {"bank": f"示例银行{number}支行", "bank_code": f"10210000{number:04}", "account_no": f"0200{number:012}"}
    body = {"account_name": f"示例单位{project}", **account, **more}
    owner = story.world.owner(uscc, f"示例单位{project}")
    return await story.post(f"/v1/applications/{{{name}}}/payee-accounts", owner, body, 201)


async def instalment(story: Story, name: str, number: int, asked: str, paid: str, **more: Any) -> None:
    """Request and pay the next instalment."""
    at(story.world, asked)
    body = {"evidence": f"依据{number}", **more}
    request = await story.post(f"/v1/applications/{{{name}}}/release-requests", "finance-1", body, 201)
    at(story.world, paid)
    await story.post(f"/v1/release-requests/{request['id']}/approve", "finance-2")
