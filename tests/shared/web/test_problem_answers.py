"""Each kind of error with its whole answer: status, code, members, headers, and what never reaches the caller."""

from typing import Any

import asyncpg
import httpx
from fastapi import APIRouter, HTTPException
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared.errors import Duplicate, Forbidden, Invalid, NotFound, Unauthenticated, WrongStatus
from tests.shared.web.test_foundation import small_service
from tests.world import World


class Cause(Exception):
    """The driver's error behind one of SQLAlchemy's."""

    def __init__(self, state: str, constraint: str | None = None) -> None:
        super().__init__("value of a row")
        self.sqlstate = state
        if constraint is not None:
            self.__cause__ = Exception()
            self.__cause__.constraint_name = constraint  # type: ignore[attr-defined]


def broken(state: str, constraint: str | None = None) -> IntegrityError:
    return IntegrityError("INSERT", {}, Cause(state, constraint))


UNAVAILABLE = {
    "status": 503,
    "code": "unavailable",
    "title": "系统暂时无法处理，请稍后以同一 Idempotency-Key 重试",
    "detail": "系统暂时无法处理，请稍后以同一 Idempotency-Key 重试",
}
DEFECT = {"status": 500, "code": "internal_error", "title": "系统内部错误", "detail": "系统内部错误"}
DUPLICATE = {"status": 409, "code": "duplicate", "title": "记录已存在或引用无效", "detail": "记录已存在或引用无效"}
ERRORS: dict[str, tuple[Exception, dict[str, Any]]] = {
    "domain": (
        WrongStatus(),
        {"status": 409, "code": "wrong_status", "title": "当前状态不允许此操作", "detail": "当前状态不允许此操作"},
    ),
    "domain with detail and members": (
        WrongStatus("原因", current="paid", clauses=["二（一）2"], nothing=None),
        {
            "status": 409,
            "code": "wrong_status",
            "title": "当前状态不允许此操作",
            "detail": "原因",
            "current": "paid",
            "clauses": ["二（一）2"],
        },
    ),
    "domain with field": (
        Invalid("须为正数", field="/body/amount"),
        {
            "status": 422,
            "code": "invalid",
            "title": "填报内容不符合要求",
            "detail": "须为正数",
            "errors": [{"pointer": "/body/amount", "code": "invalid", "detail": "须为正数"}],
        },
    ),
    "domain with errors": (
        Duplicate("两项", field="/body/x", errors=[{"pointer": "/body/y", "code": "y", "detail": "z"}]),
        {
            "status": 409,
            "code": "duplicate",
            "title": "记录已存在",
            "detail": "两项",
            "errors": [{"pointer": "/body/y", "code": "y", "detail": "z"}],
        },
    ),
    "not found": (
        NotFound(),
        {"status": 404, "code": "not_found", "title": "未找到该记录", "detail": "未找到该记录"},
    ),
    "forbidden": (Forbidden("x"), {"status": 403, "code": "forbidden", "title": "无权进行此操作", "detail": "x"}),
    "not signed in": (
        Unauthenticated(),
        {"status": 401, "code": "unauthenticated", "title": "请先登录", "detail": "请先登录"},
    ),
    "foreign key": (broken("23503", "fk_a_b"), {**DUPLICATE, "constraint": "fk_a_b"}),
    "unique": (broken("23505", "uq_a"), {**DUPLICATE, "constraint": "uq_a"}),
    "exclusion": (broken("23P01"), {**DUPLICATE, "constraint": ""}),
    "check": (broken("23514", "ck_a"), DEFECT),
    "not null": (broken("23502"), DEFECT),
    "privilege": (DBAPIError("", {}, Cause("42501")), DEFECT),
    "deadlock": (DBAPIError("", {}, Cause("40P01")), UNAVAILABLE),
    "statement cancelled": (asyncpg.QueryCanceledError("value of a row"), UNAVAILABLE),
    "connection lost": (OperationalError("", {}, Exception("value of a row")), UNAVAILABLE),
    "driver": (asyncpg.InterfaceError("x"), UNAVAILABLE),
    "pool": (PoolExhausted(), UNAVAILABLE),
    "network": (ConnectionResetError(), UNAVAILABLE),
    "missing file": (FileNotFoundError(2, "x", "/secret/path"), DEFECT),
    "half a character": (
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"),
        {
            "status": 422,
            "code": "malformed",
            "title": "填报内容不符合要求",
            "detail": "文字中有不完整的字符，请重新输入后提交",
        },
    ),
    "http 400": (
        HTTPException(400, "x"),
        {"status": 400, "code": "bad_request", "title": "请求格式有误", "detail": "请求格式有误"},
    ),
    "http 404": (
        HTTPException(404),
        {"status": 404, "code": "no_such_path", "title": "没有这个地址", "detail": "没有这个地址"},
    ),
    "http 413": (
        HTTPException(413),
        {"status": 413, "code": "too_large", "title": "内容过大", "detail": "内容过大"},
    ),
    "http 418": (
        HTTPException(418, headers={"x-kept": "1"}),
        {"status": 418, "code": "request_refused", "title": "请求无法处理", "detail": "请求无法处理"},
    ),
    "defect": (ValueError("value of a row"), DEFECT),
}
HEADERS = {"not signed in": ("www-authenticate", "Bearer"), "http 418": ("x-kept", "1")}


async def test_the_whole_answer_to_each_error(world: World) -> None:
    router = APIRouter()

    @router.get("/fail/{name}", response_model=None)
    async def fail(name: str) -> None:
        raise ERRORS[name][0]

    async with small_service(world, router) as client:
        for name, (_, expected) in ERRORS.items():
            answer = await client.get(f"/fail/{name}", headers={"x-request-id": "request-1234"})
            check(name, answer, expected)


def check(name: str, answer: httpx.Response, expected: dict[str, Any]) -> None:
    """Compare status, body and headers of an answer."""
    assert (answer.status_code, answer.headers["content-type"]) == (expected["status"], "application/problem+json")
    members = {"type": f"/problems/{expected['code']}", "errors": [], "request_id": "request-1234"}
    assert answer.json() == {**members, **expected}, name
    named = [HEADERS[name]] if name in HEADERS else []
    named += [("retry-after", "1")] if expected["status"] == 503 else []
    assert [(header, answer.headers.get(header)) for header, _ in named] == named, name
    assert ("retry-after" in answer.headers) == (expected["status"] == 503), name
    assert ("www-authenticate" in answer.headers) == (expected["status"] == 401), name
    assert "value of a row" not in answer.text


async def test_a_path_and_a_method_that_do_not_exist(world: World) -> None:
    for method, path, status, code in (
        ("GET", "/v1/nowhere", 404, "no_such_path"),
        ("DELETE", "/livez", 405, "method_not_allowed"),
    ):
        answer = await world.clients["intake"].request(method, path)
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert "GET" in (await world.clients["intake"].request("DELETE", "/livez")).headers["allow"]


async def test_every_malformed_field_is_named(world: World) -> None:
    body = {"name": "", "districts": ["110105", "x"], "other": 1, "scopes": ["read:events"], "reason": "示例"}
    answer = await world.call("intake", "POST", "/v1/api-keys", "city-supervisor-1", body, status=422)
    pointers = [each["pointer"] for each in answer.json()["errors"]]
    assert pointers[:2] == ["/body/name", "/body/districts/1"]
    assert answer.json()["detail"] == answer.json()["errors"][0]["detail"]
    assert (answer.json()["code"], answer.json()["title"]) == ("malformed", "填报内容不符合要求")
