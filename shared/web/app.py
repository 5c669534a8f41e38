"""The HTTP face that every service shares: problem details, health, keys, acts, and offline API pages."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from shared import logs
from shared.clock import Clock
from shared.errors import DomainError, FieldProblem
from shared.runtime import Instance, Service, bus_of, running
from shared.settings import Settings
from shared.storage.session import DRIVER_LOST, is_passing
from shared.web import admin as keeping
from shared.web import feed
from shared.web.docs import mount_docs
from shared.web.observability import RequestLog
from shared.web.parameters import KnownParametersRoute
from shared.web.routing import install

PROBLEM = "application/problem+json"


class Problem(BaseModel):
    """RFC 9457 problem details; `code` never changes its meaning."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = Field(default_factory=list)
    request_id: str = Field(default="", description="本次请求的编号，同 X-Request-Id 响应头；联系管理方时请提供")


_RESPONSES: dict[int | str, dict[str, Any]] = {
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
        503: "暂时无法处理",
    }.items()
}

_CLASHES = {"23503", "23505", "23P01"}
"""SQLSTATE: foreign key, unique, exclusion."""

_MESSAGES = {
    "missing": "必填",
    "json_invalid": "不是有效的 JSON",
    "string_pattern_mismatch": "格式不符",
    "string_too_short": "内容过短",
    "string_too_long": "内容过长",
    "enum": "不在可选值之列",
    "literal_error": "不在可选值之列",
    "uuid_parsing": "不是有效的标识",
    "date_from_datetime_parsing": "不是有效的日期",
    "date_parsing": "不是有效的日期",
    "extra_forbidden": "不认识的字段",
    "string_type": "须为文字",
    "bool_parsing": "须为 true 或 false",
    "bool_type": "须为 true 或 false",
    "int_parsing": "须为整数",
    "int_type": "须为整数",
    "int_from_float": "须为整数",
    "date_type": "不是有效的日期",
    "greater_than": "数值过小",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "less_than": "数值过大",
    "too_short": "项数过少",
    "too_long": "项数过多",
    "tuple_type": "须为列表",
    "list_type": "须为列表",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
}


def problem(status: int, code: str, title: str, detail: str = "", **extra: Any) -> JSONResponse:
    """Return an RFC 9457 answer, and note its code for the log."""
    request = logs.context()
    request.code = code
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail or title, "code": code}
    return JSONResponse({**body, "request_id": request.request_id, **extra}, status, media_type=PROBLEM)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    extra = {name: value for name, value in error.extra.items() if value is not None}
    named = [{"pointer": error.field, "code": error.code, "detail": error.detail}] if error.field else []
    errors = extra.pop("errors", named)
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else None
    answer = problem(error.status, error.code, error.title, error.detail, errors=errors, **extra)
    answer.headers.update(headers or {})
    return answer


def field_problems(errors: Sequence[Any], *before: str | int) -> list[dict[str, str]]:
    """Pydantic's findings as pointers with Chinese details; `before` leads to where the checked value stands."""
    return [
        {
            "pointer": "/" + "/".join(str(part) for part in (*before, *item["loc"])),
            "code": item["type"],
            "detail": _MESSAGES.get(item["type"]) or _own_words(item),
        }
        for item in errors
    ]


def _own_words(item: Any) -> str:
    """What we found ourselves is told in Chinese, by `told` or by a validator; what pydantic says of its own is not."""
    ours = item.get("told") or item["type"] == "value_error"
    return str(item["msg"]).removeprefix("Value error, ") if ours else "格式不符"


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = field_problems(error.errors())
    return problem(422, "malformed", "填报内容不符合要求", errors[0]["detail"], errors=errors)


async def _half_a_character(_request: Request, _error: Exception) -> Response:
    """JSON may escape half of a surrogate pair; pydantic and the database break on it instead of refusing it."""
    return problem(422, "malformed", "填报内容不符合要求", "文字中有不完整的字符")


async def _clash(request: Request, error: Exception) -> Response:
    """A row there already, or a reference to none. Any other broken constraint is a mistake of ours."""
    assert isinstance(error, IntegrityError)
    if getattr(error.orig, "sqlstate", None) not in _CLASHES:
        return await _broken(request, error)
    name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    return problem(409, "duplicate", "记录已存在或引用无效", constraint=name or "")


async def _unavailable(request: Request, error: Exception) -> Response:
    """The database went away or refuses for now: all was rolled back, the same request may be sent again."""
    if not is_passing(error):
        return await _broken(request, error)
    logs.context().fail(error, stack=False)
    answer = problem(503, "unavailable", "系统暂时无法处理，请稍后以同一 Idempotency-Key 重试")
    answer.headers["retry-after"] = "1"
    return answer


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    titles = {404: "没有这个地址", 405: "此地址不支持该方法", 400: "请求格式有误", 413: "内容过大"}
    codes = {404: "no_such_path", 405: "method_not_allowed", 400: "bad_request", 413: "too_large"}
    answer = problem(
        error.status_code,
        codes.get(error.status_code, f"http_{error.status_code}"),
        titles.get(error.status_code, "请求无法处理"),
    )
    answer.headers.update(error.headers or {})
    return answer


async def _broken(_request: Request, error: Exception) -> Response:
    logs.context().fail(error)
    return problem(500, "internal_error", "系统内部错误")


class ServiceApp(FastAPI):
    """A service's application; its OpenAPI document tells the truth about errors and security."""

    service = ""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the stack with the request log outermost, so that it also sees answers to unforeseen errors."""
        return RequestLog(super().build_middleware_stack(), self.service)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for model in (FieldProblem, Problem):
                schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas[model.__name__].pop("$defs", None)
            for operation in _operations(document):
                answers = operation["responses"]
                if answers.get("422", {}).get("description") == "Validation Error":  # the framework's own form
                    del answers["422"]
                for status, answer in _RESPONSES.items():
                    answers.setdefault(str(status), answer)
        return self.openapi_schema or document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def create_app(service: Service, instance: Instance | None = None) -> FastAPI:
    """The ASGI application of a service. Without an instance it starts and stops its own, from the environment."""

    @asynccontextmanager
    async def own_instance(app: FastAPI) -> AsyncIterator[None]:
        settings = Settings()
        logs.configure(settings, service.name)
        async with running(service, settings, Clock(), bus_of(service.name, settings)) as started:
            app.state.instance = started
            yield

    app = ServiceApp(
        title=f"腾焕 · {service.title}",
        version="1.0.0",
        lifespan=None if instance else own_instance,
        docs_url=None,
        redoc_url=None,
        telemetry=None,
    )
    app.service = service.name
    app.router.route_class = KnownParametersRoute
    app.state.instance = instance
    install(app, service.router, feed.router, keeping.router)
    mount_docs(app)
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(UnicodeEncodeError, _half_a_character)
    app.add_exception_handler(IntegrityError, _clash)
    app.add_exception_handler(DBAPIError, _unavailable)
    app.add_exception_handler(PoolExhausted, _unavailable)
    for lost in (asyncpg.PostgresError, *DRIVER_LOST):
        app.add_exception_handler(lost, _unavailable)
    app.add_exception_handler(OSError, _unavailable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    return app
