"""Problem details (RFC 9457): the model, its place in the API documents, and the answer to each kind of error."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared import logs
from shared.errors import DomainError, FieldProblem
from shared.storage.session import DRIVER_LOST, is_transient
from shared.web.bodies import BodyTooLarge
from shared.web.field_messages import field_problems

PROBLEM = "application/problem+json"


_MEMBERS = (
    "错误说明（RFC 9457）；部分错误另有成员：current 当前状态，clauses 未满足或待认定的条款，"
    "problems、findings 待处理的问题，remaining 余额（元），"
    "key、option、as_of 政策参数、口径和日期，名称以 _id 结尾的为有关记录的标识"
)


class Problem(BaseModel):
    """Problem details (RFC 9457); a code never changes its meaning. Some carry more members, such as `current`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"description": _MEMBERS})

    type: str = Field(description="此类错误的说明页，例如 /problems/stale")
    title: str = Field(description="错误名称")
    status: int = Field(description="HTTP 状态码")
    detail: str = Field(description="本次错误的具体情况和处理办法")
    code: str = Field(description="错误代码")
    errors: list[FieldProblem] = Field(description="有误的各项，至多 100 项；与具体字段无关时为空")
    error_count: int | None = Field(default=None, description="errors 未列全时，有误之处的总数")
    request_id: str = Field(description="本次请求的编号，同 X-Request-Id 响应头；联系管理方时请提供")
    constraint: str | None = Field(default=None, description="code 为 duplicate 时，所违反的数据约束（如有）")


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": title, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, title in {
        400: "请求格式有误",
        401: "未登录",
        403: "无权操作",
        404: "未找到",
        409: "状态或唯一性冲突",
        412: "记录已被修改",
        413: "内容过大",
        415: "文件类型不符",
        422: "填报内容不符合要求",
        428: "缺少 If-Match",
        429: "请求过于频繁，见 Retry-After",
        503: "暂时无法处理",
    }.items()
}
GENERAL_PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (422, "填报内容不符合要求"),
    "duplicate": (409, "记录已存在或引用无效"),
    "unavailable": (503, "系统暂时无法处理，请稍后以同一 Idempotency-Key 重试"),
    "no_such_path": (404, "没有这个地址"),
    "method_not_allowed": (405, "此地址不支持该方法"),
    "bad_request": (400, "请求格式有误"),
    "too_large": (413, "内容过大"),
    "address_too_long": (414, "网址过长"),
    "header_too_large": (431, "请求头过长或过多"),
    "request_timeout": (408, "请求发送过慢，连接已关闭"),
    "too_many_connections": (503, "同时连接过多，请稍后重试"),
    "request_refused": (400, "请求无法处理"),
    "internal_error": (500, "系统内部错误"),
}
"""Status and title of each code that is no DomainError."""

_CONSTRAINT_VIOLATIONS = {"23503", "23505", "23P01"}
"""SQLSTATE: foreign key, unique, exclusion."""
_CODES = {404: "no_such_path", 405: "method_not_allowed", 400: "bad_request", 413: "too_large"}


def problem(status: int, code: str, title: str, detail: str = "", **extra: Any) -> JSONResponse:
    """Return an RFC 9457 answer, and note its code for the log."""
    request = logs.context()
    request.code = code
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail or title, "code": code}
    content = {**body, "errors": [], **extra, **body, "request_id": request.request_id}
    return JSONResponse(content, status, media_type=PROBLEM)


def _general(code: str, detail: str = "", **extra: Any) -> JSONResponse:
    status, title = GENERAL_PROBLEMS[code]
    return problem(status, code, title, detail, **extra)


async def _answer_domain_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    extra = {name: value for name, value in error.extra.items() if value is not None}
    named = [{"pointer": error.field, "code": error.code, "detail": error.detail}] if error.field else []
    errors = extra.pop("errors", named)
    answer = problem(error.status, error.code, error.title, error.detail, errors=errors, **extra)
    answer.headers.update(error.headers)
    return answer


async def _answer_malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    errors = field_problems(found)
    if len(found) == len(errors):
        return _general("malformed", errors[0]["detail"], errors=errors)
    detail = f"{errors[0]['detail']}（共 {len(found)} 处错误，errors 列出前 {len(errors)} 处）"
    return _general("malformed", detail, errors=errors, error_count=len(found))


async def _answer_half_surrogate(_request: Request, _error: Exception) -> Response:
    """Answer 422: JSON may escape half of a surrogate pair, on which pydantic and the database break."""
    return _general("malformed", "文字中有不完整的字符，请重新输入后提交")


async def _answer_constraint_violation(request: Request, error: Exception) -> Response:
    """Answer 409 for a row that exists already or a reference to none; any other broken constraint is a defect."""
    assert isinstance(error, IntegrityError)
    if getattr(error.orig, "sqlstate", None) not in _CONSTRAINT_VIOLATIONS:
        return await _answer_defect(request, error)
    name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    return _general("duplicate", constraint=name or "")


async def _answer_unavailable(request: Request, error: Exception) -> Response:
    """Answer 503 where the database is away for now: all was rolled back, the same request may be sent again."""
    if not is_transient(error):
        return await _answer_defect(request, error)
    logs.context().fail(error, stack=False)
    answer = _general("unavailable")
    answer.headers["retry-after"] = "1"
    return answer


async def _answer_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "request_refused")
    detail = error.detail if isinstance(error, BodyTooLarge) else ""  # the framework's own are in English
    answer = problem(error.status_code, code, GENERAL_PROBLEMS[code][1], detail)
    answer.headers.update(error.headers or {})
    return answer


async def _answer_disconnected(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the client left, or was disconnected, while its body was read."""
    return _general("request_refused")


async def _answer_defect(_request: Request, error: Exception) -> Response:
    logs.context().fail(error)
    return _general("internal_error")


def handle_errors(app: FastAPI) -> None:
    """Answer every error of an application with problem details."""
    app.add_exception_handler(DomainError, _answer_domain_error)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_exception_handler(UnicodeEncodeError, _answer_half_surrogate)
    app.add_exception_handler(IntegrityError, _answer_constraint_violation)
    app.add_exception_handler(DBAPIError, _answer_unavailable)
    app.add_exception_handler(StaleDataError, _answer_unavailable)
    app.add_exception_handler(PoolExhausted, _answer_unavailable)
    for lost in (asyncpg.PostgresError, *DRIVER_LOST):
        app.add_exception_handler(lost, _answer_unavailable)
    app.add_exception_handler(OSError, _answer_unavailable)
    app.add_exception_handler(ClientDisconnect, _answer_disconnected)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_defect)
