"""Request ids and the request log: an ASGI layer around the whole application."""

import logging
import os
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import logs, metrics, tracing
from shared.days import received_by

log = structlog.get_logger()
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_READS = ("GET", "HEAD", "OPTIONS")


class RequestLog:
    """Gives each request an id and a log context, and writes one line about it when it ends.

    An exception that was answered ends here: its stack goes into that line, and the server logs nothing of its own.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.perf_counter(), 0
        context = logs.Context(service=self.service, request_id=_request_id(scope["headers"]))

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", context.request_id.encode())]
            await send(message)

        if (trace := tracing.current_ids()) is not None:
            context.trace_id = trace[1]
        token = logs.set_context(context)
        try:
            with received_by(scope["app"].state.instance.clock.today):
                await self.app(scope, receive, send_with_id)
        except Exception as error:
            if not context.error:
                context.fail(error)
            if not status:
                raise
        finally:
            _finish(context, scope, status, time.perf_counter() - began)
            logs.reset_context(token)


def _request_id(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the caller's X-Request-Id if it is 8 to 64 letters, digits, dots, dashes or underscores, else a new id."""
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode() if _REQUEST_ID.fullmatch(value) else os.urandom(16).hex()
    return os.urandom(16).hex()


def _finish(context: logs.Context, scope: Scope, status: int, seconds: float) -> None:
    """Count the request, and write its line unless the log leaves that level out."""
    method: str = scope["method"]
    context.route = route = getattr(scope.get("route"), "path", "")
    _histogram(context.service, method if method in _METHODS else "OTHER", route or "unmatched", status).observe(
        seconds
    )
    level, message = _outcome(context, method, status)
    if not logs.writes(level):
        return
    reasons = {"code": context.code, "error": context.error, "stack": context.stack}
    more = {name: value for name, value in reasons.items() if value}
    case = context.case or _case(scope.get("path_params"))
    log.log(level, message, method=method, status=status, duration_ms=round(seconds * 1000, 1), case=case, **more)


@lru_cache(maxsize=4096)
def _histogram(service: str, method: str, route: str, status: int) -> Histogram:
    return metrics.REQUEST_SECONDS.labels(service, method, route, status)


def _outcome(context: logs.Context, method: str, status: int) -> tuple[int, str]:
    """Return level and message: DEBUG for reads, INFO for acts and refusals, WARNING for 503, ERROR for failures."""
    if status >= 500 or context.error:
        return logging.WARNING if status == 503 else logging.ERROR, "failed"
    if status >= 400:
        return logging.INFO, "refused"
    if status == 0:
        return logging.DEBUG, "client left before the answer"
    return logging.DEBUG if method in _READS else logging.INFO, "done"


def _case(parameters: Mapping[str, Any] | None) -> str:
    """Return the first identifier in the path."""
    values = map(str, (parameters or {}).values())
    return next((value for value in values if _UUID.fullmatch(value)), "")
