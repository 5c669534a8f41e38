"""Explanations of error codes at `/problems/{code}`, the address that `type` in problem details names."""

import tomllib
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from shared.errors import DomainError, NotFound
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute
from shared.web.problems import GENERAL_PROBLEMS
from shared.web.security_headers import of_page

router = APIRouter(route_class=KnownParametersRoute, tags=["错误说明"])
_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.7 sans-serif;max-width:44em;margin:2em auto;padding:0 1em}}code{{color:#555}}</style>
<h1>{title}</h1><p><code>{code}</code>　HTTP {status}</p>
<h2>含义</h2><p>{meaning}</p><h2>处理办法</h2><p>{remedy}</p></html>
"""


class ProblemExplanation(BaseModel):
    """The meaning of an error code and its remedy."""

    code: str = Field(description="错误代码")
    status: int = Field(description="HTTP 状态码")
    title: str = Field(description="错误名称")
    meaning: str = Field(description="含义")
    remedy: str = Field(description="处理办法")


def problem_codes() -> dict[str, tuple[int, str, str]]:
    """Return status, title and package of each code: those of every loaded DomainError, and the general ones."""
    found = {code: (status, title, "shared.web") for code, (status, title) in GENERAL_PROBLEMS.items()}
    for error in _subclasses(DomainError):
        package = ".".join(error.__module__.split(".")[:2])
        found.setdefault(error.code, (error.status, error.title, package))
    return found


def _subclasses(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


@cache
def _explanations(package: str) -> dict[str, dict[str, str]]:
    file = files(package) / "problems.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def explanation(code: str) -> ProblemExplanation:
    """Return the explanation of a code. Raises KeyError for a code that nobody raises or nobody explained."""
    status, title, package = problem_codes()[code]
    home = "shared.web" if package.startswith("shared.") else package
    said = {**_explanations("shared.web"), **_explanations(home)}[code]
    return ProblemExplanation(code=code, status=status, title=title, **said)


PROBLEMS = MemoryListing(ProblemExplanation, "code", "status", key="code", default="code")


@router.get(
    "/problems", name="list_problems", summary="错误代码", description="列出全部错误代码及其含义和处理办法；不需登录。"
)
async def list_problems(asked: Annotated[MemoryPageRequest, Depends(PROBLEMS)]) -> Page[ProblemExplanation]:
    """Return every error code with its meaning and remedy."""
    return asked.page([explanation(code) for code in problem_codes()])


@router.get(
    "/problems/{code}",
    name="explain_problem",
    summary="错误说明",
    description="说明一个错误代码的含义和处理办法；浏览器得到网页，其他客户端得到 JSON；不需登录。",
    response_model=ProblemExplanation,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def explain_problem(
    code: Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,63}$", description="错误代码")],
    accept: Annotated[str, Header(description="浏览器请求 text/html 时返回网页")] = "",
) -> ProblemExplanation | Response:
    """Return what an error code means and how to fix it, as JSON or, for a browser, as a page."""
    try:
        found = explanation(code)
    except KeyError:
        raise NotFound(f"没有错误代码 {code}；全部代码见 GET /problems") from None
    if "text/html" not in accept:
        return found
    shown = {name: escape(str(value)) for name, value in found.model_dump().items()}
    html = _PAGE.format(**shown)
    return HTMLResponse(html, headers=of_page(html))
