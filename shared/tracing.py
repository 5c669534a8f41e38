"""OpenTelemetry traces from a request through its events to their handlers; off unless TENGHUAN_TRACES_ENDPOINT is set.

The SDK is imported only when traces are on. FastAPI makes the spans of requests with the provider it is given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from shared.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_EXPORT_SECONDS = 2.0
"""A stop waits no longer for a collector that is away."""
_UNTRACED = ("/livez", "/readyz")
_providers: "dict[str, TracerProvider]" = {}


def provider(service: str, settings: Settings) -> "TracerProvider | None":
    """Return the provider of the service's spans, made at the first call; None while traces are off."""
    if service not in _providers and settings.traces_endpoint:
        install(service, _provider(service, settings))
    return _providers.get(service)


def install(service: str, provider: "TracerProvider") -> None:
    """Make spans of this service with the provider."""
    _providers[service] = provider


def uninstall(service: str) -> None:
    """Make no more spans of this service."""
    _providers.pop(service, None)


def _provider(service: str, settings: Settings) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    made = TracerProvider(
        resource=Resource.create({"service.name": f"tenghuan-{service}", "service.version": settings.build}),
        sampler=ParentBased(TraceIdRatioBased(settings.traces_ratio)),
    )
    exporter = OTLPSpanExporter(endpoint=settings.traces_endpoint, timeout=_EXPORT_SECONDS)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


def request_telemetry(service: str, settings: Settings) -> dict[str, Any]:
    """Return the configuration by which FastAPI traces the service's requests, or does nothing while traces are off."""
    made = provider(service, settings)
    return {
        "tracer_provider": made,
        "tracing": made is not None,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        # Spans carry the query string, in which a ticket stands for a token.
        "exclude": lambda scope: scope["path"] in _UNTRACED or b"ticket=" in unquote_to_bytes(scope["query_string"]),
    }


def current_ids() -> tuple[str, str] | None:
    """Return the W3C `traceparent` of the current span and its trace id; None outside a trace."""
    if not _providers:
        return None
    from opentelemetry import trace

    here = trace.get_current_span().get_span_context()
    if not here.is_valid:
        return None
    trace_id = f"{here.trace_id:032x}"
    return f"00-{trace_id}-{here.span_id:016x}-{here.trace_flags:02x}", trace_id


@contextmanager
def handling(service: str, event_type: str, event_id: str, traceparent: str | None) -> Iterator[None]:
    """Trace the block as the handling of an event, below the span that announced it."""
    made = _providers.get(service)
    if made is None:
        yield
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent} if traceparent else {})
    attributes = {"messaging.operation.type": "process", "messaging.message.id": event_id}
    with made.get_tracer("tenghuan").start_as_current_span(
        event_type, context=parent, kind=SpanKind.CONSUMER, attributes=attributes, record_exception=False
    ):
        yield
