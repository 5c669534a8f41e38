"""The application of a service: routes, API document, request log, compression, and answers to errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp

from shared import logs, tracing
from shared.clock import Clock
from shared.exporter import exporting
from shared.runtime import Instance, Service, bus_of, running
from shared.settings import Settings
from shared.storage.file_types import EXTENSIONS
from shared.web import (
    admin,
    agents,
    api_keys,
    code_lists,
    duties,
    feed,
    me,
    people,
    problem_pages,
    seals,
    stream_tickets,
)
from shared.web.docs import mount_docs
from shared.web.observability import RequestLog
from shared.web.openapi import complete
from shared.web.parameters import KnownParametersRoute
from shared.web.problems import handle_errors
from shared.web.routing import install
from shared.web.security_headers import SecurityHeaders

_OF_EVERY_SERVICE = (
    feed,
    code_lists,
    duties,
    admin,
    api_keys,
    people,
    agents,
    me,
    seals,
    stream_tickets,
    problem_pages,
)
_CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "Last-Event-ID",
        "On-Behalf-Of",
        "X-Request-ID",
    ],
    "expose_headers": ["ETag", "Idempotency-Key", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-ID"],
}
"""Requests and headers that pages of an allowed origin may send and read; tokens travel in a header, not in cookies."""
COMPRESSED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *EXTENSIONS)
"""Media types that are sent as they are: compressed already, or streams of single events."""


class ServiceApp(FastAPI):
    """The FastAPI application of a service, with the request log outermost and a completed OpenAPI document."""

    declared: Service

    @property
    def service(self) -> str:
        """Return the name of the service."""
        return self.declared.name

    def build_middleware_stack(self) -> ASGIApp:
        """Return the stack with the request log outermost, so that it also sees answers to unforeseen errors."""
        return RequestLog(SecurityHeaders(super().build_middleware_stack()), self.service)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, completed once."""
        if self.openapi_schema is None:
            complete(super().openapi(), code_lists.code_lists_of(self.declared), self.declared.tags)
        return self.openapi_schema or {}


def create_app(service: Service, instance: Instance | None = None) -> FastAPI:
    """Return the application of a service; without an instance it starts and stops its own, from the environment."""

    settings = instance.settings if instance else Settings()

    @asynccontextmanager
    async def own_instance(app: FastAPI) -> AsyncIterator[None]:
        logs.configure(settings, service.name)
        async with (
            running(service, settings, Clock(), bus_of(service.name, settings)) as started,
            exporting(settings, [started]),
        ):
            app.state.instance = started
            yield

    app = ServiceApp(
        title=f"腾焕 · {service.title}",
        version="1.0.0",
        lifespan=None if instance else own_instance,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host that the caller wrote
        telemetry=cast(TelemetryConfig, tracing.request_telemetry(service.name, settings)),
    )
    app.declared = service
    app.router.route_class = KnownParametersRoute
    app.state.instance = instance
    install(app, service.router, *(module.router for module in _OF_EVERY_SERVICE))
    mount_docs(app)
    handle_errors(app)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **_CORS)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4, exclude_content_types=COMPRESSED)
    return app
