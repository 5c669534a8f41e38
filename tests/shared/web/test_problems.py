"""Problem details and their explanations; compression of answers."""

import gzip
import json

import pytest
from fastapi.responses import HTMLResponse

from services import SERVICES, load
from shared import logs
from shared.web import problem_pages
from shared.web.problem_pages import ProblemExplanation, explanation, problem_codes
from shared.web.problems import Problem, problem
from tests.world import World


def codes() -> list[str]:
    for name in SERVICES:
        load(name)
    return sorted(problem_codes())


@pytest.mark.parametrize("code", codes())
def test_every_code_is_explained(code: str) -> None:
    said = explanation(code)
    assert (said.code, said.title != "", 400 <= said.status < 600) == (code, True, True)
    assert len(said.meaning) > 5
    assert len(said.remedy) > 5


def test_no_two_meanings_share_a_code() -> None:
    status_of: dict[str, int] = {}
    for name in SERVICES:
        load(name)
    for code, (status, _, _) in problem_codes().items():
        assert status_of.setdefault(code, status) == status


async def test_the_type_of_a_problem_leads_to_its_explanation(world: World) -> None:
    refused = await world.call("intake", "GET", "/v1/declarations?nonsense=1", "auditor-1", status=422)
    body = Problem.model_validate(refused.json())
    assert set(refused.json()) == {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert body.request_id == refused.headers["x-request-id"]
    said = (await world.call("intake", "GET", body.type, None, status=200)).json()
    assert (said["code"], said["status"], said["title"]) == (body.code, body.status, body.title)
    page = await world.call("intake", "GET", body.type, None, status=200, accept="text/html,application/xml;q=0.9")
    assert page.headers["content-type"].startswith("text/html")
    assert said["remedy"] in page.text


def test_more_members_never_replace_those_of_every_problem() -> None:
    answer = problem(409, "held", "已暂停", request_id="R-1", current="paid", errors=[{"pointer": "/a"}])
    body = json.loads(bytes(answer.body))
    assert (body["request_id"], body["current"], body["errors"]) == (
        logs.context().request_id,
        "paid",
        [{"pointer": "/a"}],
    )


async def test_an_unknown_code_is_not_found_and_all_codes_are_listed(world: World) -> None:
    refused = await world.call("intake", "GET", "/problems/nonsense", None, status=404)
    assert "GET /problems" in refused.json()["detail"]
    listed = (await world.call("intake", "GET", "/problems?limit=200", None, status=200)).json()["items"]
    assert {"stale", "unknown_parameter", "malformed"} <= {row["code"] for row in listed}


async def test_answers_over_a_kilobyte_are_compressed_and_small_ones_are_not(world: World) -> None:
    headers = {"accept-encoding": "gzip"}
    async with world.clients["eligibility"].stream("GET", "/v1/clauses", headers=headers) as long:
        raw = b"".join([part async for part in long.aiter_raw()])
    assert long.headers["content-encoding"] == "gzip"
    assert len(gzip.decompress(raw)) > 2 * len(raw)
    short = await world.clients["eligibility"].get("/livez", headers=headers)
    assert "content-encoding" not in short.headers
    plain = await world.clients["eligibility"].get("/v1/clauses", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_the_page_of_a_code_shows_its_words_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ProblemExplanation(code="x", status=409, title="<b>&", meaning='"<i>"', remedy="<script>")
    monkeypatch.setattr(problem_pages, "explanation", lambda _: said)
    page = await problem_pages.explain_problem("x", "text/html")
    assert isinstance(page, HTMLResponse)
    text = bytes(page.body).decode()
    for shown in ("&lt;b&gt;&amp;", "&quot;&lt;i&gt;&quot;", "&lt;script&gt;", "HTTP 409"):
        assert shown in text
    assert "<script>" not in text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert await problem_pages.explain_problem("x", "application/json") == said
