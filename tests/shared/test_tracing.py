"""Traces: one from the request in one service to the handler in another, and nothing while they are off."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services import load
from shared import tracing
from shared.contracts.eligibility import DeclarationAssessed
from shared.contracts.intake import DeclarationForwarded
from shared.settings import ROOT, Settings
from shared.web.app import create_app
from tests.intake import sample_declarations
from tests.world import World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def exporters() -> Iterator[dict[str, InMemorySpanExporter]]:
    """Trace intake and eligibility into memory."""
    kept = {service: InMemorySpanExporter() for service in ("intake", "eligibility")}
    for service, exporter in kept.items():
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracing.install(service, provider)
    yield kept
    for service in kept:
        tracing.uninstall(service)


async def test_one_trace_leads_from_the_caller_through_intake_to_the_handler_in_eligibility(
    world: World, exporters: dict[str, InMemorySpanExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(load("intake"), world.instances["intake"])
    transport = httpx.ASGITransport(app=app)
    headers = {"traceparent": CALLER}
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test", headers=headers) as client:
        monkeypatch.setitem(world.clients, "intake", client)
        await sample_declarations.forwarded(world)
    await world.settle()
    requests = {span.name: span for span in exporters["intake"].get_finished_spans()}
    handled = {span.name: span for span in exporters["eligibility"].get_finished_spans()}
    forward = requests["POST /v1/declarations/{declaration_id}/forward"]
    handler = handled[DeclarationForwarded.type]
    assert handler.parent is not None
    assert handler.parent.span_id == forward.context.span_id
    assert {f"{span.context.trace_id:032x}" for span in (forward, handler)} == {TRACE}
    sent = {message.type: message.headers["traceparent"] for _, batch in world.bus.carried for message in batch}
    assert sent[DeclarationAssessed.type] == f"00-{TRACE}-{handler.context.span_id:016x}-01"


def test_spans_are_sent_to_the_collector_of_the_settings() -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        provider = tracing.provider("monitoring", Settings(traces_endpoint=endpoint))
        assert provider is not None
        with tracing.handling("monitoring", "x.y.v1", "1", CALLER):
            ids = tracing.current_ids()
        tracing.uninstall("monitoring")
        provider.shutdown()
        collector.shutdown()
    assert ids is not None
    assert ids[1] == TRACE
    ((path, body),) = received
    assert path == "/v1/traces"
    assert bytes.fromhex(TRACE) in body
    assert b"tenghuan-monitoring" in body


def test_the_sdk_is_not_imported_while_traces_are_off() -> None:
    script = (
        "import sys; from services import load; from shared.web.app import create_app; create_app(load('intake'));"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("path", "query", "traced"),
    [
        ("/livez", b"", False),
        ("/readyz", b"", False),
        ("/events", b"", True),
        ("/livez/x", b"", True),
        ("/v1/declarations", b"limit=5", True),
        ("/events/stream", b"after=3", True),
        ("/events/stream", b"ticket=x", False),
        ("/events/stream", b"after=3&ticket=x", False),
        ("/events/stream", b"%74icket=x", False),
    ],
)
def test_health_checks_and_tickets_are_not_traced(path: str, query: bytes, *, traced: bool) -> None:
    telemetry = tracing.request_telemetry("of-a-test", Settings())
    excluded = telemetry["exclude"]({"path": path, "query_string": query})
    assert (telemetry["tracing"], excluded) == (False, not traced)
