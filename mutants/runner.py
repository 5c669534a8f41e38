"""Run mutants in scratch copies of the tree, each with its running PostgreSQL servers."""

import ast
import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from deploy.local.postgres import Embedded, start
from mutants.coverage import DDL_SERVICE
from mutants.source import FOLDER, ROOT, Definition, Mutant, Source
from tests.postgres import FAST, TEMPLATE, Server

LEAST_SECONDS, SLACK = 60.0, 8.0
"""A mutant's tests may take SLACK times as long as without it, and at least LEAST_SECONDS: a machine may be busy."""
PREPARING = threading.Lock()
Result = dict[str, Any]


class Zygote:
    """A process that forks for each mutant (mutants/zygote.py)."""

    def __init__(self, tree: Path, mode: str) -> None:
        own = {"TMPDIR": str(FOLDER / "tmp"), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
        command = [str(ROOT / ".venv/bin/python"), "-m", "mutants.zygote", str(tree), mode]
        with (tree.parent / f"{tree.name}-{mode}.log").open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=tree, env={**os.environ, **own}, text=True, stderr=log, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._read() == {"outcome": "ready"}

    def _read(self) -> Result:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a zygote ended; see its log in var/mutants")
        return json.loads(line)  # type: ignore[no-any-return]

    def ask(self, request: Mapping[str, Any]) -> Result:
        """Send a request and return the answer."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._read()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Worker:
    """A scratch copy of the tree, its servers and its zygotes."""

    def __init__(self, number: int, stack: ExitStack) -> None:
        self.tree = FOLDER / f"tree-{number}"
        copy_tree(self.tree)
        self.number, self.stack = number, stack
        self.changed_at = 0
        self.servers: dict[bool, Embedded] = {}
        self.zygotes: dict[str, Zygote] = {}

    def server(self, *, schema: bool) -> Embedded:
        """Return the server for mutants that leave the schema alone, or the one that is migrated for each mutant."""
        if schema not in self.servers:
            embedded = start(self.site(schema=schema), FAST)
            self.servers[schema] = embedded
            self.stack.callback(embedded.stop)
            with PREPARING:
                asyncio.run(prepared(Server(embedded, FOLDER / "migrating"), schema=schema))
        return self.servers[schema]

    def site(self, *, schema: bool) -> Path:
        return FOLDER / f"pg-{self.number}{'-schema' * schema}"

    def zygote(self, mode: str) -> Zygote:
        if mode not in self.zygotes:
            self.zygotes[mode] = Zygote(self.tree, mode)
            self.stack.callback(self.zygotes[mode].stop)
        return self.zygotes[mode]

    def run(self, mutant: Mutant, tests: list[str], seconds: float) -> Result:
        """Apply a mutant to the scratch copy, run the tests, and restore the file."""
        began, source = time.monotonic(), Source.read(mutant.path)
        changed = self.tree / mutant.path
        text = mutant.apply(source.text)
        changed.write_text(text, "utf-8")
        self.changed_at = max(self.changed_at + 1, int(changed.stat().st_mtime))
        os.utime(changed, (self.changed_at, self.changed_at))  # no byte code of another version is taken for it
        try:
            request = self._request(mutant, text, tests, seconds)
            answer: Result = {"outcome": "unfit"}
            if function := function_of(source, mutant):
                answer = self.zygote("whole").ask({**request, "function": function})
            if answer["outcome"] == "unfit":
                mode = "whole" if request["reload"] or request["migrate"] else "bare"
                answer = self.zygote(mode).ask({**request, "function": ""})
        finally:
            shutil.copy2(ROOT / mutant.path, changed)
        return {**answer, "seconds": round(time.monotonic() - began, 2)}

    def _request(self, mutant: Mutant, text: str, tests: list[str], seconds: float) -> Result:
        schema, provisioning = mutant.area == "migrations", mutant.path == "shared/storage/migrate.py"
        service = Path(mutant.path).parts[1] if mutant.path.startswith("services/") else ""
        pure = mutant.suite == "pure"
        return {
            "file": str(self.tree / mutant.path),
            "text": text,
            "module": "" if schema else mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
            "reload": "" if schema or pure else service,
            "migrate": (service or DDL_SERVICE) if schema else "",
            "dsn": "" if provisioning or pure else self.server(schema=schema).dsn(),
            "environment": {"TENGHUAN_TESTS_POSTGRES": "" if provisioning or pure else str(self.site(schema=schema))},
            "options": ["--noconftest"] if pure else [],
            "tests": tests,
            "timeout": max(LEAST_SECONDS, SLACK * seconds),
            "log": str(FOLDER / f"run-{self.number}.log"),
            "answer": str(FOLDER / f"answer-{self.number}.json"),
        }


async def prepared(server: Server, *, schema: bool) -> None:
    """Migrate the template database, and copy it for mutants that migrate one service again."""
    await server.prepare()
    if schema and not await server.run("SELECT 1 FROM pg_database WHERE datname = 'pristine'"):
        await server.run(f"CREATE DATABASE pristine TEMPLATE {TEMPLATE}")


def function_of(source: Source, mutant: Mutant) -> str:
    """Return the outermost function whose body holds all edits, or an empty string."""
    for node, where in source.places:
        if isinstance(node, Definition) and not isinstance(node, ast.ClassDef):
            start, end = source.span(node.body[0])[0], source.span(node.body[-1])[1]
            if node.body[0].lineno > node.lineno:
                start = source.offset(node.body[0].lineno, 0)
            if all(start <= edit.start and edit.end <= end for edit in mutant.edits):
                return "" if mutant.area == "migrations" else where
    return ""


def copy_tree(tree: Path) -> None:
    """Copy the files under version control, and those beside them that are not ignored, to a scratch tree.

    Byte code stays there from run to run.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    for left in [each for each in tree.rglob("*.py") if each.relative_to(tree).as_posix() not in names]:
        left.unlink()
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    if not (tree / ".venv").exists():
        (tree / ".venv").symlink_to(ROOT / ".venv")
    (FOLDER / "tmp").mkdir(exist_ok=True)


def run_all(
    work: Iterable[tuple[Mutant, list[str], float]], record: Callable[[Mutant, Result], None], workers: int
) -> None:
    """Run mutants with their tests on several workers and record each result."""
    queue: Queue[tuple[Mutant, list[str], float]] = Queue()
    for each in work:
        queue.put(each)
    recording = threading.Lock()

    def serve(number: int) -> None:
        with ExitStack() as stack:
            worker = Worker(number, stack)
            while True:
                try:
                    mutant, tests, seconds = queue.get_nowait()
                except Empty:
                    return
                try:
                    result = worker.run(mutant, tests, seconds) if tests else {"outcome": "survived", "ran": 0}
                    if result["outcome"] == "error":  # an id that no longer exists: other parameters
                        whole = list(dict.fromkeys(test.partition("[")[0] for test in tests))
                        result = worker.run(mutant, whole, seconds)
                except Exception as error:
                    result = {"outcome": "error", "test": repr(error)[:300]}
                with recording:
                    record(mutant, result)

    FOLDER.mkdir(parents=True, exist_ok=True)
    threads = [threading.Thread(target=serve, args=(number,)) for number in range(min(workers, max(queue.qsize(), 1)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.flush()
