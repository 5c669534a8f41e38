"""Metrics of the process, in a registry of their own; `shared/exporter.py` serves them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def gauge(name: str, text: str, *labels: str) -> Gauge:
    """Return a new gauge `tenghuan_<name>`, labelled with the service and `labels`."""
    return Gauge(f"tenghuan_{name}", text, ("service", *labels), registry=REGISTRY)


REQUEST_SECONDS = Histogram(
    "tenghuan_http_request_duration_seconds",
    "HTTP requests by route template and status; a stream counts when it ends",
    ("service", "method", "route", "status"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
MESSAGES = Counter(
    "tenghuan_messages",
    "Messages that a consumer settled: handle, skip (a repetition), park, bury (a dead letter)",
    ("service", "verdict"),
    registry=REGISTRY,
)
STREAMS = gauge("event_streams", "Clients that follow the event stream (SSE)")
OUTBOX_ROWS = gauge("outbox_rows", "Messages waiting in the outbox; counted up to 100,000")
OUTBOX_AGE = gauge("outbox_oldest_seconds", "Age of the oldest message in the outbox; 0 when it is empty")
UNPLACED = gauge("feed_unplaced_events", "Committed events without a position in the feed")
LAG = gauge("consumer_lag_messages", "Messages in the broker that the consumer has not fetched", "topic")
PARKED = gauge("parked_events", "Events parked after a failure or behind a missing one")
DEAD_LETTERS = gauge("dead_letters", "Open dead letters")
POOL = gauge("database_connections", "Connections in use, and the most there may be, of a pool", "pool", "state")
READY = gauge("database_up", "1 while the tables of the service can be read")
READ_AT = gauge("gauge_read_timestamp_seconds", "When a gauge was last read from the database (Unix time)", "gauge")
RETAINED_AT = gauge(
    "retention_timestamp_seconds",
    "When retention last ran to its end in this process (Unix time); before the first time, when the process started",
)
RETENTION_PERIOD = gauge("retention_period_seconds", "Time between two runs of retention")
UNSEALED = gauge("unsealed_age_seconds", "How long committed records may be unsealed; 0 in a waiting replica")
SEAL_FAULTS = gauge("seal_faults", "Records that were altered, inserted or removed by hand, as the sealer found them")
FORKS = gauge("checkpoint_faults", "Checkpoints of any service that contradict earlier ones that are held")
CHECKPOINTS_REFUSED = Counter(
    "tenghuan_checkpoints_refused",
    "Checkpoints that arrived without the signature of a known key",
    ("service",),
    registry=REGISTRY,
)
FILES_ALTERED = Counter(
    "tenghuan_files_altered",
    "Reads of stored files that no longer have the content of their name",
    registry=REGISTRY,
)
BUILD = gauge("build_info", "Always 1; the labels say what runs", "build", "python")
RULESET = gauge("ruleset_info", "1 for the rule set in force today", "edition", "hash")


@dataclass(frozen=True)
class TableGauge:
    """A gauge that a service reads from its tables: one value per value of one label.

    `read` returns every value of the label, 0 included, so that a series never ends.
    """

    name: str
    help: str
    label: str
    read: "Callable[[AsyncSession], Awaitable[Mapping[str, float]]]"

    def set(self, service: str, values: Mapping[str, float]) -> None:
        """Store what was read."""
        for key, value in values.items():
            _table_gauge(self.name, self.help, self.label).labels(service, key).set(value)


@cache
def _table_gauge(name: str, text: str, label: str) -> Gauge:
    return gauge(name, text, label)
