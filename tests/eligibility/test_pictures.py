"""Pictures over HTTP: of stored decisions and of dry runs, in the form that the caller asks for. 二"""

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.eligibility.fixtures import OPEN, SETTLE, act, case_path, facts, forward
from tests.world import World

pytestmark = pytest.mark.clause("二")
SVG, MERMAID, TEXT = "image/svg+xml", "application/vnd.mermaid", "text/plain"


async def drawn(world: World, path: str, who: str = "city-officer-1", **headers: str) -> Any:
    return await world.call("eligibility", "GET", path, who, status=200, **headers)


async def test_a_stored_decision_is_drawn_as_it_was_recorded(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    first = await drawn(world, case_path(declaration_id, "picture?format=text&number=1"))
    last = await drawn(world, case_path(declaration_id, "picture?format=text"))
    assert "待定" in first.text.splitlines()[0]
    assert "人工认定" not in first.text
    assert "人工认定：符合" in last.text
    missing = await world.call("eligibility", "GET", case_path(declaration_id, "picture?number=9"), "city-officer-1")
    assert missing.status_code == 404


async def test_the_form_follows_the_parameter_then_the_accept_header(world: World) -> None:
    path = case_path(await forward(world, facts()), "picture")
    forms = {
        "": (SVG, "<svg"),
        "?format=mermaid": (MERMAID, "flowchart LR"),
        "?format=text": (TEXT, "- ✔ 符合｜符合申报条件"),
    }
    for query, (media_type, beginning) in forms.items():
        answer = await drawn(world, path + query, accept="application/json")
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.text.startswith(beginning)
        by_header = await drawn(world, path, accept=f"application/json, {media_type};q=0.9")
        assert by_header.text == answer.text
    assert (await drawn(world, path + "?format=svg", accept=TEXT)).headers["content-type"].startswith(SVG)
    assert "default-src 'none'" in (await drawn(world, path)).headers["content-security-policy"]


async def test_only_those_who_see_the_case_see_its_picture(world: World) -> None:
    path = case_path(await forward(world, facts()), "picture")
    assert (await world.call("eligibility", "GET", path, "110106-officer-1")).status_code == 404
    assert (await world.call("eligibility", "GET", path, None)).status_code == 401


async def test_a_dry_run_is_drawn_without_sign_in(world: World) -> None:
    told = facts().model_dump(mode="json", exclude_none=True) | {"other_municipal_funds": True}
    client = world.clients["eligibility"]
    answer = await client.post("/v1/dry-run/picture", json={"facts": told})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{SVG}; charset=utf-8")
    title = ElementTree.fromstring(answer.text).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert str(title.text).startswith("不符合申报条件")
    between = await client.post("/v1/dry-run/picture?format=text", json={"facts": told, "as_of": "2023-07-15"})
    assert "没有施行的政策版本" in between.text
    unknown = await client.post("/v1/dry-run/picture?format=png", json={"facts": told})
    assert unknown.status_code == 422
