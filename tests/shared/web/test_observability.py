"""Request log: level and message of each outcome, the case in a path, and the labels that a request is counted by."""

import logging
from typing import Any

import pytest
import structlog

from shared import logs
from shared.metrics import REGISTRY
from shared.settings import Settings
from shared.web.observability import _case, _finish, _outcome, _request_id

CASE = "018e9762-8500-7ffc-919d-5427fb217873"
INFO, DEBUG, WARNING, ERROR = logging.INFO, logging.DEBUG, logging.WARNING, logging.ERROR


@pytest.mark.parametrize(
    ("method", "status", "error", "expected"),
    [
        ("GET", 200, "", (DEBUG, "done")),
        ("HEAD", 200, "", (DEBUG, "done")),
        ("OPTIONS", 204, "", (DEBUG, "done")),
        ("POST", 201, "", (INFO, "done")),
        ("PUT", 200, "", (INFO, "done")),
        ("PATCH", 200, "", (INFO, "done")),
        ("DELETE", 204, "", (INFO, "done")),
        ("BREW", 204, "", (INFO, "done")),
        ("GET", 399, "", (DEBUG, "done")),
        ("GET", 400, "", (INFO, "refused")),
        ("POST", 499, "", (INFO, "refused")),
        ("GET", 500, "", (ERROR, "failed")),
        ("GET", 503, "", (WARNING, "failed")),
        ("GET", 503, "PoolExhausted", (WARNING, "failed")),
        ("POST", 504, "", (ERROR, "failed")),
        ("POST", 200, "KeyError", (ERROR, "failed")),
        ("GET", 0, "KeyError", (ERROR, "failed")),
        ("POST", 0, "", (DEBUG, "client left before the answer")),
    ],
)
def test_level_and_message_of_a_request(method: str, status: int, error: str, expected: tuple[int, str]) -> None:
    assert _outcome(logs.Context(error=error), method, status) == expected


@pytest.mark.parametrize(
    ("parameters", "case"),
    [
        (None, ""),
        ({}, ""),
        ({"quarter": "2024Q1", "declaration_id": CASE}, CASE),
        ({"a": CASE, "b": CASE.replace("018e", "118e")}, CASE),
        ({"a": f"{CASE}0"}, ""),
        ({"a": CASE.upper()}, ""),
    ],
)
def test_the_case_of_a_request_is_the_first_identifier_in_its_path(parameters: Any, case: str) -> None:
    assert _case(parameters) == case


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"12345678", True),
        (b"1234567", False),
        (b"x" * 64, True),
        (b"x" * 65, False),
        (b"Portal_1.2-3", True),
        (b"portal 123", False),
        (b"portal/123", False),
        (b"12345678\n", False),
    ],
)
def test_the_form_of_a_caller_s_request_id(given: bytes, *, kept: bool) -> None:
    found = _request_id([(b"accept", b"12345678"), (b"x-request-id", given)])
    assert (found == given.decode()) == kept
    assert kept or len(found) == 32
    assert len(_request_id([])) == 32
    assert _request_id([]) != _request_id([])


@pytest.mark.parametrize(
    ("method", "route", "status", "labels"),
    [
        ("GET", "/v1/x/{id}", 404, {"method": "GET", "route": "/v1/x/{id}", "status": "404"}),
        ("DELETE", "", 405, {"method": "DELETE", "route": "unmatched", "status": "405"}),
        ("BREW", "", 404, {"method": "OTHER", "route": "unmatched", "status": "404"}),
    ],
)
def test_a_request_is_counted_once_by_method_route_and_status(
    method: str, route: str, status: int, labels: dict[str, str]
) -> None:
    class Route:
        path = route

    def counted(part: str, **more: str) -> float:
        name = f"tenghuan_http_request_duration_seconds_{part}"
        return REGISTRY.get_sample_value(name, {"service": "of-a-test", **labels, **more}) or 0.0

    scope = {"method": method, "path_params": {}, **({"route": Route} if route else {})}
    before = counted("count"), counted("sum"), counted("bucket", le="0.25"), counted("bucket", le="0.5")
    _finish(logs.Context(service="of-a-test"), scope, status, 0.3)
    after = counted("count"), counted("sum"), counted("bucket", le="0.25"), counted("bucket", le="0.5")
    assert [round(b - a, 6) for a, b in zip(before, after, strict=True)] == [1, 0.3, 0, 1]


@pytest.mark.parametrize(
    ("given", "usual", "written"),
    [
        ({}, "info", {"debug": False, "info": True}),
        ({}, "warning", {"info": False, "warning": True}),
        ({"log_level": "debug"}, "warning", {"debug": True}),
        ({"log_level": "error"}, "info", {"warning": False, "error": True}),
        ({"log_level": "info"}, "error", {"debug": False, "info": True}),
    ],
    ids=str,
)
def test_lines_are_written_from_the_level_of_the_settings_or_the_usual_one(
    given: dict[str, Any], usual: str, written: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_lowest", logs._lowest)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    try:
        logs.configure(Settings(**given), usual_level=usual)
        assert {name: logs.writes(getattr(logging, name.upper())) for name in written} == written
    finally:
        structlog.reset_defaults()
