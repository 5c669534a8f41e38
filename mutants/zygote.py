"""A process that has imported what tests need, and forks for each mutant: `python -m mutants.zygote FOLDER MODE`.

In mode `whole` the product is imported before the fork, and a mutant within a function replaces the function's code.
In mode `bare` only third-party packages are, and the fork imports the changed product. One request a line on standard
input, one answer a line on standard output.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import asyncpg
import pytest

_IMPORTS = "import sys, tests.conftest; print(*(n for n in sys.modules if n.split('.')[0] not in {own}))"
OWN = ("services", "shared", "deploy", "tests", "faults", "bench", "mutants", "__main__")
Functions = dict[tuple[str, str], list[FunctionType]]


class Verdict:
    """Pytest plugin that remembers the first failing test and how many ran."""

    def __init__(self) -> None:
        self.failed, self.ran = "", 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.ran += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def preload(mode: str) -> tuple[Functions, set[tuple[str, str]]]:
    """Import; return the product's functions, and those that ran during the import, whose code is used up."""
    if mode == "bare":
        script = _IMPORTS.format(own=OWN)
        listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for name in listed.stdout.split():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        return {}, set()
    used: set[CodeType] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        used.add(frame.f_code)

    sys.settrace(trace)
    enumeration, _ = importlib.import_module("tests.enumeration"), importlib.import_module("tests.world")
    for name in importlib.import_module("services").SERVICES:
        enumeration.app(name)
    sys.settrace(None)
    functions: Functions = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            functions[each.__code__.co_filename, each.__code__.co_qualname].append(each)
    return functions, {(code.co_filename, code.co_qualname) for code in used}


def replace_code(functions: Functions, file: str, name: str, text: str) -> bool:
    """Give the functions of that name the code that the text has for them; return whether that was possible."""
    changed = [code for code in _codes(compile(text, file, "exec", dont_inherit=True)) if code.co_qualname == name]
    if len(changed) != 1 or not functions.get((file, name)):
        return False
    for function in functions[file, name]:
        if len(function.__code__.co_freevars) != len(changed[0].co_freevars):
            return False
        function.__code__ = changed[0]
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def reload_service(service: str) -> None:
    """Import the modules of a service again, but those that register metrics, and build its application anew."""
    enumeration, services = importlib.import_module("tests.enumeration"), importlib.import_module("services")
    package = f"services.{service}"
    others = {name: enumeration.app(name) for name in services.SERVICES if name != service}
    for name in [
        each for each in sys.modules if f"{each}.".startswith(f"{package}.") and not each.endswith((".gauges", ".job"))
    ]:
        del sys.modules[name]
    fresh = enumeration.create_app(services.load(service))
    enumeration.app = lambda name: others.get(name, fresh)  # type: ignore[attr-defined]


async def clean(dsn: str) -> None:
    """Drop the databases that an earlier run left."""
    connection = await asyncpg.connect(dsn)
    left = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'test@_%' ESCAPE '@'")
    for row in left:
        await connection.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
    await connection.close()


async def migrate(server: Any, service: str) -> None:
    """Replace the migrated template by one whose schema of this service is migrated again, with the mutant."""
    postgres = importlib.import_module("tests.postgres")
    for name in [each for each in sys.modules if each.startswith("shared.storage.ddl") or ".migrations." in each]:
        del sys.modules[name]
    loaded = importlib.import_module("services").load(service)
    await server.run("DROP DATABASE IF EXISTS migrating WITH (FORCE)")
    await server.run(f"DROP DATABASE IF EXISTS {postgres.TEMPLATE} WITH (FORCE)")
    await server.run("CREATE DATABASE migrating TEMPLATE pristine")
    watch = "ALTER EVENT TRIGGER test_support_schema_change"
    schemas = ", ".join((service, *loaded.schemas))
    await server.run(f"{watch} DISABLE; DROP SCHEMA {schemas} CASCADE", "migrating")
    await postgres.upgrade(server.settings("migrating"), [loaded])
    await server.run(f"{watch} ENABLE", "migrating")
    await server.run(f"ALTER DATABASE migrating RENAME TO {postgres.TEMPLATE}")


def judge(request: dict[str, Any]) -> dict[str, Any]:
    """Run the tests of a request in this process and return what became of them."""
    try:
        if request["reload"]:
            reload_service(request["reload"])
        elif request["module"]:
            importlib.import_module(request["module"])
    except BaseException as error:
        return {"outcome": "broken", "test": repr(error)[:200]}
    if request["dsn"]:
        asyncio.run(clean(request["dsn"]))
    if request["migrate"]:
        local, postgres = importlib.import_module("deploy.local.postgres"), importlib.import_module("tests.postgres")
        server = postgres.Server(local.start(Path(postgres.KEPT_SERVER), postgres.FAST), Path(request["log"]))
        try:
            asyncio.run(migrate(server, request["migrate"]))
        except Exception as error:
            return {"outcome": "killed", "test": f"migration: {error!r}"[:200], "ran": 0}
    verdict = Verdict()
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = int(pytest.main([*options, *request["options"], *request["tests"]], plugins=[verdict]))
    # A file of tests that cannot be imported gives 4, as does a test that does not exist.
    outcome = "killed" if verdict.failed else {0: "survived", 1: "killed", 2: "killed"}.get(code, "error")
    return {"outcome": outcome, "test": verdict.failed, "ran": verdict.ran}


def in_child(request: dict[str, Any], functions: Functions) -> None:
    """Run a request in the forked process and leave its answer in a file."""
    os.setsid()
    sys.dont_write_bytecode = False  # rewritten tests are kept; a changed file has a time of its own
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(request["environment"])
    if "tests.postgres" in sys.modules:
        importlib.import_module("tests.postgres").KEPT_SERVER = os.environ["TENGHUAN_TESTS_POSTGRES"]  # type: ignore[attr-defined]
    answer = {"outcome": "unfit"}
    if not request["function"] or replace_code(functions, request["file"], request["function"], request["text"]):
        answer = judge(request)
    Path(request["answer"]).write_text(json.dumps(answer), "utf-8")


def answer_to(request: dict[str, Any], functions: Functions, used: set[tuple[str, str]]) -> dict[str, Any]:
    """Fork for a request and wait for the end, at most as long as it allows."""
    if (request["file"], request["function"]) in used:
        return {"outcome": "unfit"}
    answer = Path(request["answer"])
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            in_child(request, functions)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)
    deadline = time.monotonic() + request["timeout"]
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return {"outcome": "timeout", "test": "", "ran": 0}
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not answer.exists():
        return {"outcome": "error", "test": "the process ended: " + Path(request["log"]).read_text("utf-8")[-200:]}
    return json.loads(answer.read_text())  # type: ignore[no-any-return]


def main() -> None:
    """Answer requests until standard input ends."""
    folder, mode = sys.argv[1:3]
    os.chdir(folder)
    functions, used = preload(mode)
    gc.collect()
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write(json.dumps({"outcome": "ready"}) + "\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(answer_to(json.loads(line), functions, used)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
