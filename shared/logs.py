"""Structured logs: one JSON object per line, or a console format on a terminal.

A line never holds a request body, a token or a person's name: exceptions are logged as type and stack frames, with
their message only where it cannot quote data (`describe`).
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TextIO

import structlog
from pydantic_core import to_json
from structlog.typing import EventDict, WrappedLogger

from shared.clock import Clock
from shared.escaping import terminal
from shared.settings import Settings

_WALL_CLOCK = Clock()
FIELDS = ("service", "request_id", "trace_id", "route", "subject", "case")
_SECRETS = re.compile(r"th_live_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:bearer) [^\s\"']+|(?<=://)[^\s/:@]*:[^\s@/]+(?=@)")
_MARKS = ("://", "th_live_", "eyJ", "earer ", "EARER ")
_SAFE_MODULES = ("aiokafka.", "shared.events.bus")
"""Exceptions defined here quote addresses, topics and offsets, never the contents of a message."""
_SAFE_STATES = ("08", "28", "3D", "40", "53", "55", "57")
"""SQLSTATE classes whose message speaks of the server, never of a row."""


@dataclass(slots=True)
class Context:
    """The fields that every log line of one request, event or background task carries."""

    service: str = ""
    request_id: str = ""
    trace_id: str = ""
    route: str = ""
    subject: str = ""
    case: str = ""
    code: str = ""
    """The problem code with which the request is refused."""
    error: str = ""
    """The exception behind that code, where there is one, as `describe` puts it."""
    stack: str = ""

    def fail(self, error: BaseException, *, stack: bool = True) -> None:
        """Note an exception, and its stack while it has one: Starlette clears it once the request is answered."""
        self.error, self.stack = describe(error), "\n".join(_stack(error)) if stack else ""


_current: ContextVar[Context | None] = ContextVar("log_context", default=None)
_lowest = logging.NOTSET
set_context, reset_context = _current.set, _current.reset


def context() -> Context:
    """Return the context of the running request, event or task; changing it changes the lines that follow."""
    return _current.get() or Context()


@contextmanager
def logged_as(**fields: str) -> Iterator[Context]:
    """Give the block a context of its own with these fields."""
    entered = Context(**fields)
    token = _current.set(entered)
    try:
        yield entered
    finally:
        _current.reset(token)


def configure(
    settings: Settings, service: str = "", *, usual_level: str = "info", stream: TextIO | None = None
) -> None:
    """Send the process's logs to `stream` (standard error) in the format and from the level of the settings.

    `usual_level` holds unless TENGHUAN_LOG_LEVEL is set. Lines outside any context carry `service`.
    """
    level = settings.log_level if "log_level" in settings.model_fields_set else usual_level
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not (stream or sys.stderr).isatty())
    structlog.configure(
        processors=[_Fields(service), _exception, _render_json if as_json else _Console()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Writer(stream),
        cache_logger_on_first_use=False,
    )
    global _lowest
    _lowest = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
    logging.getLogger("uvicorn").propagate = True
    # One line per request is ours; without a handler uvicorn writes none of its own.
    logging.getLogger("uvicorn.access").propagate = False


def writes(level: int) -> bool:
    """Return whether lines of this level are written."""
    return level >= _lowest


def describe(error: BaseException) -> str:
    """Return an exception's type, and its message where that cannot quote what somebody sent or stored."""
    name = type(error).__name__
    original = getattr(error, "orig", None) or error
    state = str(getattr(original, "sqlstate", None) or "")
    if state:
        return f"{name} {state}" + (f": {_first_line(original)}" if state[:2] in _SAFE_STATES else "")
    safe = isinstance(error, (OSError, TimeoutError)) or type(error).__module__.startswith(_SAFE_MODULES)
    return f"{name}: {_first_line(error)}" if safe and str(error) else name


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:300]


class _Fields:
    """Adds time, level and the fields of the context."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
        line = {
            "time": _WALL_CLOCK.now().isoformat(timespec="milliseconds"),
            "level": level,
            "message": event.pop("event", ""),
        }
        current = context()
        for name in FIELDS:
            if value := event.pop(name, None) or getattr(current, name):
                line[name] = value
        line.setdefault("service", self._service)
        return {**line, **event}


def _exception(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's type and the frames of its stack."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"], event["stack"] = describe(error), "\n".join(_stack(error))
    return event


def _stack(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
    yield describe(error)
    for part in getattr(error, "exceptions", ()):
        yield from _stack(part)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield "caused by"
        yield from _stack(before)


def _redacted(line: str) -> str:
    # Looking for the marks first costs a tenth of the expression.
    return _SECRETS.sub("***", line) if any(mark in line for mark in _MARKS) else line


def _render_json(_logger: WrappedLogger, _level: str, event: EventDict) -> str:
    return _redacted(to_json(event, serialize_unknown=True).decode())


class _Console:
    """Renders for a reader at a terminal."""

    def __init__(self) -> None:
        self._render = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), event_key="message", timestamp_key="time"
        )

    def __call__(self, logger: WrappedLogger, level: str, event: EventDict) -> str:
        stack = event.pop("stack", "")
        shown = {name: terminal(value) for name, value in event.items()}
        line = _redacted(str(self._render(logger, level, shown)))
        return f"{line}\n{stack}" if stack else line


class _Writer:
    """Writes finished lines; standard error is looked up each time, for tests replace it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write a line; one that cannot be written, on a full disk for example, is lost and hinders no act."""
        stream = self._stream or sys.stderr
        with suppress(OSError):
            stream.write(f"{line}\n")
            stream.flush()

    debug = info = warning = error = critical = exception = msg


class _Bridge(logging.Handler):
    """Passes records of libraries that use the standard logging module on to structlog, first line only."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage().split("\n", 1)[0]
        structlog.get_logger().log(record.levelno, said, logger=record.name, exc_info=record.exc_info)
