"""Request ids and the request log: an ASGI layer around the whole application."""

import os
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import logs, metrics

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
                message.setdefault("headers", [])
                MutableHeaders(raw=message["headers"])["x-request-id"] = context.request_id
            await send(message)

        token = logs.set_context(context)
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            if not context.error:
                context.fail(error)
            if not status:
                raise
        finally:
            _write_line(context, scope, status, time.perf_counter() - began)
            logs.reset_context(token)


def _request_id(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the caller's X-Request-Id if it is 8 to 64 letters, digits, dots, dashes or underscores, else a new id."""
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode() if _REQUEST_ID.fullmatch(value) else os.urandom(16).hex()
    return os.urandom(16).hex()


def _write_line(context: logs.Context, scope: Scope, status: int, seconds: float) -> None:
    """Log reads that succeeded at `debug`, acts and refusals at `info`, 503 at `warning`, other failures at `error`."""
    method: str = scope["method"]
    if status >= 500 or context.error:
        write, message = log.warning if status == 503 else log.error, "failed"
    elif status >= 400:
        write, message = log.info, "refused"
    elif status == 0:
        write, message = log.debug, "client left before the answer"
    else:
        write, message = log.debug if method in _READS else log.info, "done"
    route = getattr(scope.get("route"), "path", "")
    context.route = route
    method_label = method if route or method in _METHODS else "OTHER"
    metrics.REQUEST_SECONDS.labels(context.service, method_label, route or "unmatched", status).observe(seconds)
    reasons = {"code": context.code, "error": context.error, "stack": context.stack}
    more = {name: value for name, value in reasons.items() if value}
    case = context.case or _case(scope.get("path_params"))
    write(message, method=method, status=status, duration_ms=round(seconds * 1000, 1), case=case, **more)


def _case(parameters: Mapping[str, Any] | None) -> str:
    """Return the first identifier in the path."""
    values = map(str, (parameters or {}).values())
    return next((value for value in values if _UUID.fullmatch(value)), "")
