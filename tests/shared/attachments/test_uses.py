"""Acts that rest on papers: what is demanded, the version that a replacement raises, and what a decision fixes."""

from typing import Any
from uuid import UUID

import pytest

from services.funding.models.applications import Application
from services.funding.models.releases import ReleaseRequest
from shared.actors import system_actor
from shared.attachments import Desk, decided, facts_of, papers_of, require
from shared.errors import Invalid
from shared.storage.session import found
from tests.attachments import attached, sent
from tests.funding.case import appropriate, approved, planned, requested
from tests.world import World

CITY = "110000"


class Case:
    """An application with an open release request, on which papers are tied."""

    def __init__(self, world: World, case: UUID, request: UUID) -> None:
        self.world, self.id, self.request = world, case, request

    async def run(self, *ids: str, kind: str = "release_evidence", owner: Any = None, **options: Any) -> Any:
        """Tie the papers to the request and return what the act records of them."""
        async with self.world.instances["funding"].database.session(system_actor("funding")) as session:
            act = await found(session, ReleaseRequest, self.request)
            of = owner or await found(session, Application, self.id)
            return facts_of(await require(session, [UUID(each) for each in ids], of, kind, act=act, **options))

    async def decide(self) -> None:
        async with self.world.instances["funding"].database.session(system_actor("funding")) as session:
            await decided(session, await found(session, ReleaseRequest, self.request))

    async def papers(self) -> list[str]:
        async with self.world.instances["funding"].database.session(system_actor("funding")) as session:
            return [str(each.id) for each in (await papers_of(session, [self.request])).get(self.request, [])]

    async def version(self) -> int:
        answer = await self.world.call("funding", "GET", f"/v1/applications/{self.id}", "auditor-1")
        return int(answer.headers["etag"].strip('"'))

    async def attach(self, who: str = "finance-1", kind: str = "release_evidence", **more: Any) -> str:
        return await attached(self.world, "funding", who, "application", self.id, kind, **more)


@pytest.fixture
async def case(world: World) -> Case:
    await appropriate(world)
    identity = await approved(world)
    await planned(world, identity)
    return Case(world, identity, UUID((await requested(world, identity))["id"]))


async def test_an_act_records_the_hashes_of_its_papers(world: World, case: Case) -> None:
    paper = await case.attach()
    shown = await world.get("funding", f"/v1/attachments/{paper}", "finance-1")
    assert await case.run(paper) == {
        "attachments": [{"id": paper, "kind": "release_evidence", "sha256": shown["sha256"]}]
    }
    desk = await attached(world, "funding", "finance-1", "treasury", None, "budget_document")
    assert len((await case.run(desk, kind="budget_document", owner=Desk("treasury", CITY)))["attachments"]) == 1


async def test_only_present_papers_of_the_record_and_kind_are_accepted(world: World, case: Case) -> None:
    other_kind = await case.attach(kind="hold_evidence")
    desk = await attached(world, "funding", "finance-1", "treasury", None, "budget_document")
    withdrawn = await case.attach()
    await world.post("funding", f"/v1/attachments/{withdrawn}/withdraw", "finance-1", {"reason": "有误"})
    good = await case.attach()
    for wrong in (other_kind, desk, withdrawn, str(case.id)):
        with pytest.raises(Invalid) as refused:
            await case.run(good, wrong)
        assert wrong in str(refused.value.detail)
        assert good not in str(refused.value.detail)
    assert await case.papers() == []


async def test_an_undecided_act_rests_on_the_replacement_and_its_record_is_another_version(
    world: World, case: Case
) -> None:
    first = await case.attach()
    await case.run(first)
    before = await case.version()
    second = await case.attach(replaces=first, reason="页码不全")
    assert await case.papers() == [second]
    assert await case.version() == before + 1
    await world.post("funding", f"/v1/attachments/{second}/withdraw", "finance-1", {"reason": "有误"})
    assert await case.papers() == []
    assert await case.version() == before + 2


async def test_the_papers_of_a_decided_act_stay(world: World, case: Case) -> None:
    papers = [await case.attach(), await case.attach()]
    await case.run(papers[0])
    await case.decide()
    await case.run(papers[1], final=True)
    for paper in papers:
        path = f"/v1/attachments/{paper}/withdraw"
        refused = await world.post("funding", path, "finance-1", {"reason": "有误"}, 409)
        assert refused["code"] == "wrong_status"
        place: dict[str, Any] = {"record": "application", "record_id": case.id, "kind": "release_evidence"}
        again = await sent(world, "funding", "finance-1", replaces=paper, reason="有误", **place)
        assert again.json()["code"] == "wrong_status"
    assert await case.papers() == papers
