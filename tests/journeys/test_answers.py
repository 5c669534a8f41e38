"""Every answer and event of each service in full, compared with those on file, which a reviewer has read.

After a change that is meant to change them: `make test ARGS="tests/journeys/test_answers.py --write-answers"`,
then read the difference.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.routing import APIRoute

from services import SERVICES
from shared import clock
from tests.answers import Aliases, Answer, answer_of, by_operation, differences, recorded, write
from tests.enumeration import operations
from tests.journeys.populate import known_ids, populate
from tests.world import World

READERS = ("auditor-1", "city-officer-1", "110105-officer-1", "110106-officer-1", "owner", None)
QUERIES = {"list_pool": "?year=2024"}
RECORDS = 2
"""Records of a kind that are read."""
LEFT_OUT = {
    "stream_events",  # never ends
    "asyncapi_document", "list_code_lists", "list_duties", "list_problems", "explain_problem", "read_event_schema",
    "event_catalogue", "docs", "ready", "live", "list_clauses", "list_checkpoints", "list_figures",
}  # fmt: skip
"""Reads that answer no record: declarations of the code, which have tests of their own."""
ON_FILE = Path(__file__).parent / "answers"


def addresses(route: APIRoute, known: dict[str, list[str]]) -> Iterator[str]:
    """Yield the addresses of a read for all known records; of several path parameters, the values side by side."""
    names = list(route.param_convertors)
    columns = [known.get(name, [])[:RECORDS] for name in names]
    rows = zip(*columns, strict=False) if names else [()]
    for row in rows:
        path = route.path_format
        for name, value in zip(names, row, strict=True):
            path = path.replace(f"{{{name}}}", value)
        yield path + QUERIES.get(route.name, "")


async def reads(world: World, service: str) -> list[Answer]:
    """Return what each reader gets from each read, for every record."""
    known = await known_ids(world, service)
    answers = []
    for route in operations(service).values():
        if "GET" not in (route.methods or ()) or route.name in LEFT_OUT:
            continue
        for path in addresses(route, known):
            for who in READERS:
                persona = world.owner() if who == "owner" else who
                answers.append(answer_of(service, who or "nobody", await world.call(service, "GET", path, persona)))
    return answers


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_is_as_on_file(
    world: World, service: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ids without chance: rows that tie in a list are ordered by ids, of which some are hashes of others.
    monkeypatch.setattr(clock, "os", SimpleNamespace(urandom=bytes))
    monkeypatch.setattr(clock, "_newest_id", 0)
    with recorded(world, service) as acts:
        await populate(world, service)
    await world.settle()
    answers = by_operation([*acts, *await reads(world, service)], Aliases())
    if request.config.getoption("write_answers"):
        write(ON_FILE / service, answers)
    assert differences(ON_FILE / service, answers) == []
