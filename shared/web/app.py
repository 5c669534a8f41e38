"""The application of a service: routes, API document, request log, compression, and answers to errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp

from shared import logs, tracing
from shared.clock import Clock
from shared.errors import FieldProblem
from shared.exporter import exporting
from shared.runtime import Instance, Service, bus_of, running
from shared.settings import Settings
from shared.storage.files import MEDIA_TYPES
from shared.web import admin, feed, problem_pages
from shared.web.docs import mount_docs
from shared.web.observability import RequestLog
from shared.web.parameters import KnownParametersRoute
from shared.web.problems import RESPONSES, Problem, handle_errors
from shared.web.routing import install

COMPRESSED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *MEDIA_TYPES)
"""Media types that are sent as they are: compressed already, or streams of single events."""


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
                for status, answer in RESPONSES.items():
                    answers.setdefault(str(status), answer)
        return self.openapi_schema or document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def create_app(service: Service, instance: Instance | None = None) -> FastAPI:
    """The ASGI application of a service. Without an instance it starts and stops its own, from the environment."""

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
        telemetry=cast(TelemetryConfig, tracing.request_telemetry(service.name, settings)),
    )
    app.service = service.name
    app.router.route_class = KnownParametersRoute
    app.state.instance = instance
    install(app, service.router, feed.router, admin.router, problem_pages.router)
    mount_docs(app)
    handle_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4, exclude_content_types=COMPRESSED)
    return app
