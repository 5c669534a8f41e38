"""Pytest plugin: record the functions that each test enters, its duration and its outcome.

`pytest -p mutants.recording` appends one line of JSON a test to the file that TENGHUAN_COVERAGE names. A trace of calls
alone costs little, and a function has few lines; sys.monitoring would trace lines as cheaply, from Python 3.12 on.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "TENGHUAN_COVERAGE"
PRODUCT = tuple(f"{ROOT}/{name}/" for name in ("services", "shared", "deploy"))
_seen: set[CodeType] = set()


def _trace(frame: FrameType, event: str, argument: Any) -> None:
    code = frame.f_code
    if code.co_name == "__call__" and code.co_qualname == "RoleCheck.__call__":
        # The endpoint that is asked for, also when it is refused before its function runs.
        endpoint = frame.f_locals["request"].scope.get("endpoint")
        if hasattr(endpoint, "__code__"):
            _seen.add(endpoint.__code__)
    _seen.add(code)


def function_name(code: CodeType) -> str:
    """Return `path qualified.name` of the outermost function, or an empty string for code of others."""
    if not code.co_filename.startswith(PRODUCT):
        return ""
    path = code.co_filename.removeprefix(f"{ROOT}/")
    return f"{path} {code.co_qualname.partition('.<locals>')[0]}"


def pytest_configure() -> None:
    threading.settrace(_trace)
    sys.settrace(_trace)


def pytest_unconfigure() -> None:
    sys.settrace(None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _seen.clear()
    sys.settrace(_trace)
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.when == "call":
        functions = sorted({name for name in map(function_name, tuple(_seen)) if name})
        line = {
            "test": item.nodeid,
            "seconds": round(call.duration, 3),
            "passed": report.passed,
            "functions": functions,
        }
        with Path(os.environ[VARIABLE]).open("ab", buffering=0) as file:  # one write: workers share the file
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return report  # type: ignore[return-value]
