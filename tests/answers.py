"""Answers in a form that is the same in every run, so that they can be compared in full with stored ones."""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from tests.enumeration import operation_of
from tests.world import World

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = "[0-9a-f]{64}"
_SECRET = "th_live_[0-9A-Za-z_-]+"
_KEY = r"\b(?:[0-9a-f]{12}|[0-9a-f]{32})\b"
_NUMBER = r"\b110105-2024-[0-9a-f]{4}\b"
_OF_A_VIEW = re.compile(r'"[0-9a-f]{32}"')
"""Entity tag of an answer that shows a part: it depends on ids, which differ from run to run."""
_VARIABLE = re.compile(f"(?P<id>{_ID})|(?P<hash>{_HASH})|(?P<secret>{_SECRET})|(?P<key>{_KEY})|(?P<number>{_NUMBER})")


@dataclass
class Aliases:
    """Names for the ids, hashes and secrets that differ from run to run, numbered in order of first appearance.

    Equal values get equal names, so an id taken from another object still shows.
    """

    known: dict[str, str] = field(default_factory=dict)

    def replaced(self, value: Any) -> Any:
        """Return a JSON value with aliases in place of what varies."""
        return json.loads(_VARIABLE.sub(self._alias, json.dumps(value, ensure_ascii=False)))

    def _alias(self, found: re.Match[str]) -> str:
        return self.known.setdefault(found[0], f"{found.lastgroup} {len(self.known) + 1}")


@dataclass(frozen=True)
class Answer:
    """One request that a test sent, and what came back."""

    operation: str
    asked: str
    who: str
    status: int
    body: Any
    headers: dict[str, str]


def answer_of(service: str, who: str, answer: httpx.Response) -> Answer:
    """Return what identifies the request and everything that its sender can see of the answer."""
    request = answer.request
    seen = {name: answer.headers[name] for name in ("etag", "location") if name in answer.headers}
    if "etag" in seen:
        seen["etag"] = _OF_A_VIEW.sub('"of what is shown"', seen["etag"])
    is_json = "json" in answer.headers.get("content-type", "")
    body = answer.json() if is_json else _file(answer)
    if is_json and isinstance(body, dict) and "request_id" in body:
        assert body.pop("request_id") == answer.headers["x-request-id"]
    operation = operation_of(service, request.method, request.url.path).name
    return Answer(operation, f"{request.method} {request.url.raw_path.decode()}", who, answer.status_code, body, seen)


def _file(answer: httpx.Response) -> str:
    """Return media type and size of a file; a drawing's size changes with every better sentence in it."""
    media_type = str(answer.headers.get("content-type"))
    return media_type if media_type.startswith("image/svg") else f"{media_type}, {len(answer.content)} bytes"


@contextmanager
def recorded(world: World, service: str) -> Iterator[list[Answer]]:
    """Record the answers of a service meanwhile."""
    answers: list[Answer] = []

    async def record(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer_of(service, "", answer))

    hooks = world.clients[service].event_hooks
    world.clients[service].event_hooks = {"response": [record]}
    try:
        yield answers
    finally:
        world.clients[service].event_hooks = hooks


def by_operation(answers: list[Answer], aliases: Aliases) -> dict[str, Any]:
    """Group answers by operation and request; readers who get the same stand together."""
    grouped: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for answer in answers:
        got = json.dumps([answer.status, answer.body, answer.headers], ensure_ascii=False)
        grouped[answer.operation][answer.asked][got].append(answer.who)
    shown = {
        operation: [
            {"asked": asked, "who": who, **dict(zip(("status", "body", "headers"), json.loads(got), strict=True))}
            for asked, seen in requests.items()
            for got, who in seen.items()
        ]
        for operation, requests in grouped.items()
    }
    return {operation: aliases.replaced(entries) for operation, entries in shown.items()}


def differences(folder: Path, answers: dict[str, Any]) -> list[str]:
    """Return the operations whose answers differ from those on file, with the first lines that differ."""
    filed = {path.stem: path.read_text() for path in folder.glob("*.json")}
    given = {name: json.dumps(entries, ensure_ascii=False, indent=1) + "\n" for name, entries in answers.items()}
    return [
        "\n".join(
            islice(unified_diff(filed.get(name, "").splitlines(), given.get(name, "").splitlines(), name, n=2), 20)
        )
        for name in sorted(filed.keys() | given.keys())
        if filed.get(name) != given.get(name)
    ]


def write(folder: Path, answers: dict[str, Any]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, entries in answers.items():
        (folder / f"{name}.json").write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
