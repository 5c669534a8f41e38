"""Log lines: their fields, their format, and what they never hold."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared import logs
from shared.settings import Settings

TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJvZmZpY2VyIn0.c2lnbmF0dXJl"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    logs.configure(Settings(log_level="debug", log_format="json"), "intake", stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers, logging.getLogger().level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_time_level_service_and_the_fields_of_its_context(written: io.StringIO) -> None:
    structlog.get_logger().info("outside", n=1)
    with logs.logged_as(service="funding", request_id="abcdefgh", route="/v1/x", case="c1") as entered:
        entered.subject = "officer-1"
        structlog.get_logger().info("inside")
    outside, inside = lines(written)
    assert outside.pop("time").endswith("+00:00")
    assert outside == {"level": "info", "message": "outside", "service": "intake", "n": 1}
    found = {name: inside[name] for name in logs.FIELDS if name in inside}
    assert found == {
        "service": "funding", "request_id": "abcdefgh", "route": "/v1/x", "subject": "officer-1", "case": "c1",
    }  # fmt: skip


def test_an_exception_is_logged_as_type_and_frames_without_the_data_it_quotes(written: io.StringIO) -> None:
    class Form(BaseModel):
        age: int

    try:
        try:
            Form.model_validate({"age": "legal name"})
        except ValidationError as error:
            raise KeyError("a person's name") from error
    except KeyError as error:
        structlog.get_logger().error("failed", exc_info=error)
    (line,) = lines(written)
    assert line["error"] == "KeyError"
    assert [part for part in line["stack"].splitlines() if " test_an_exception" in part]
    assert "caused by" in line["stack"]
    assert "ValidationError" in line["stack"]
    assert "name" not in line["stack"].replace(__file__, "").replace("test_an_exception_is_logged_as_type", "")


def test_an_exception_about_a_server_keeps_its_message(written: io.StringIO) -> None:
    assert logs.describe(ConnectionRefusedError(111, "Connection refused")) == (
        "ConnectionRefusedError: [Errno 111] Connection refused"
    )


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        "th_live_0123456789ab_c2VjcmV0",
        "postgresql://app:pass-word@127.0.0.1/x",
        "Bearer opaque",
    ],
)
def test_a_credential_is_blanked_wherever_it_stands(written: io.StringIO, secret: str) -> None:
    structlog.get_logger().info("called", url=f"http://x/?t={secret} end")
    assert secret not in written.getvalue()
    assert "pass-word" not in written.getvalue()
    assert "***" in lines(written)[0]["url"]


def test_a_record_of_a_library_becomes_a_line_of_its_first_line_alone(written: io.StringIO) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=%s>", "row data")
    logging.getLogger("aiokafka").info("chatter")
    (line,) = lines(written)
    assert (line["message"], line["logger"], line["level"]) == (
        "Task exception was never retrieved", "asyncio", "error",
    )  # fmt: skip


def test_the_console_format_is_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_format="console"), "intake")
    structlog.get_logger().error("failed", exc_info=KeyError("row data"))
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    said = capsys.readouterr().err
    assert "failed" in said
    assert "KeyError" in said
    assert "row data" not in said
    assert not said.startswith("{")


async def test_a_task_keeps_the_context_it_was_started_in(written: io.StringIO) -> None:
    async def work() -> None:
        structlog.get_logger().info("in a task")

    with logs.logged_as(request_id="abcdefgh"):
        task = asyncio.create_task(work())
    await task
    assert lines(written)[0]["request_id"] == "abcdefgh"


class OfTheServer(Exception):
    """An error of the database, as the driver raises it."""

    def __init__(self, state: str) -> None:
        super().__init__("first line\nsecond line")
        self.sqlstate = state


DESCRIBED: dict[str, tuple[BaseException, str]] = {
    "of a row": (OfTheServer("23505"), "OfTheServer 23505"),
    "of a value": (OfTheServer("22P02"), "OfTheServer 22P02"),
    "of a name": (OfTheServer("42P01"), "OfTheServer 42P01"),
    **{
        f"of the server: {state}": (OfTheServer(state), f"OfTheServer {state}: first line")
        for state in ("08006", "28P01", "3D000", "40P01", "53300", "55P03", "57P01")
    },
    "wrapped": (DBAPIError("x", {}, OfTheServer("57P01")), "DBAPIError 57P01: first line"),
    "wrapped, of a row": (IntegrityError("x", {}, OfTheServer("23505")), "IntegrityError 23505"),
    "network": (ConnectionResetError(104, "reset"), "ConnectionResetError: [Errno 104] reset"),
    "timeout": (TimeoutError("late\nat all"), "TimeoutError: late"),
    "timeout without words": (TimeoutError(), "TimeoutError"),
    "broker": (KafkaError("topic x"), "KafkaError: KafkaError: topic x"),
    "defect": (ValueError("value of a row"), "ValueError"),
    "long": (OSError("x" * 400), "OSError: " + "x" * 300),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_exception_keeps_its_message_only_where_that_cannot_quote_data(name: str) -> None:
    error, said = DESCRIBED[name]
    assert logs.describe(error) == said


def test_a_line_says_what_it_was_given_before_what_its_context_says(written: io.StringIO) -> None:
    with logs.logged_as(service="funding", request_id="of-context", case="c1"):
        with logs.logged_as(service="intake", route="tick"):
            structlog.get_logger().warning("within", case="given")
        structlog.get_logger().warning("after")
    within, after = lines(written)
    del within["time"], after["time"]
    assert within == {"level": "warning", "message": "within", "service": "intake", "route": "tick", "case": "given"}
    assert after == {
        "level": "warning", "message": "after", "service": "funding", "request_id": "of-context", "case": "c1",
    }  # fmt: skip


class FullDisk(io.StringIO):
    """A stream on a full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_hinders_nobody(written: io.StringIO) -> None:
    logs.configure(Settings(), stream=FullDisk())
    structlog.get_logger().error("lost")
    assert written.getvalue() == ""
