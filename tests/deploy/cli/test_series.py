"""`tenghuan series`: figures listed, imported and confirmed over HTTP by two people."""

import httpx
import pytest

from deploy.cli.series_work import DESKS, Refused, answer_of, confirmed, imported, listed, owner_of
from services import load_all
from shared.series import KINDS
from tests.shared.figures.batches import CSV, JUNE
from tests.shared.figures.test_entering import BAD
from tests.world import World

BODY = {"kind": "lpr", "document_title": "示例公告", "reason": "按月登记"}


def client(world: World, who: str = "", service: str = "funding") -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {world.token(who)}"} if who else {}
    transport = httpx.ASGITransport(app=world.apps[service])
    return httpx.AsyncClient(transport=transport, base_url=f"http://{service}.test", headers=headers)


def test_each_kind_is_entered_at_the_service_that_owns_it() -> None:
    owners = {kind: service.name for service in load_all() for kind in service.series.owns}
    assert {kind: owner_of(kind) for kind in KINDS} == owners
    with pytest.raises(ValueError, match="unknown kind"):
        owner_of("weather")


def test_documents_go_to_the_record_that_each_service_has_for_them() -> None:
    desks = {
        service.name: carrier.name
        for service in load_all()
        for carrier in service.papers.carriers
        if any(paper.code == "series_document" for paper in carrier.papers)
    }
    assert desks == DESKS


async def test_a_list_is_imported_with_its_document(world: World) -> None:
    paper = ("示例清单.pdf", b"%PDF-1.7\nsample")
    body = {"kind": "industry_class", "document_title": "示例清单", "document_no": "示例〔2024〕1号"}
    body |= {"documented_on": "2024-01-02", "reason": "登记清单"}
    content = "code,valid_from,fields\nI65,2024-01-01,高精尖产业\n".encode()
    async with client(world, "city-officer-1", "eligibility") as author:
        assert len(await imported(author, body, content, dry_run=True)) == 1
        with pytest.raises(Refused, match="请填写原文件"):
            await imported(author, body, content, dry_run=False)
        (row,) = await imported(author, body, content, paper, dry_run=False)
        kept = answer_of(await author.get(f"/v1/series/batches/{row['batch']}"))
    assert (row["key"], row["after"], len(kept["attachments"])) == ("65", ["high_precision"], 1)


async def test_a_file_is_imported_by_one_person_and_confirmed_by_another(world: World) -> None:
    world.clock.set(JUNE)
    async with client(world, "city-officer-1") as author, client(world, "city-officer-2") as second:
        with pytest.raises(Refused, match="第 2 行 valid_from"):
            await imported(author, BODY, BAD.encode(), dry_run=False)
        shown = await imported(author, BODY, CSV.encode(), dry_run=True)
        assert [row["change"] for row in shown] == ["new"] * 8
        rows = await imported(author, BODY, CSV.encode("gb18030"), dry_run=False)
        (batch,) = {str(row["batch"]) for row in rows}
        with pytest.raises(Refused, match="登记数据的人不得自行确认"):
            await confirmed(author, batch)
        (done,) = await confirmed(second, batch)
        assert (done["status"], done["number"]) == ("confirmed", 1)
    async with client(world) as nobody:
        found = await listed(nobody, "lpr")
        assert [row["value"] for row in found if row["valid_from"] == "2026-06-22"] == ["2.80", "3.30"]
        assert len(await listed(nobody, "lpr", versions=True)) == len(found)
