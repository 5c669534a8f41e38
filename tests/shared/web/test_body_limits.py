"""Limits of bodies and of the errors that are reported; other requests are answered while a long body is checked."""

import asyncio
import json
import time
from typing import Any

import pytest

from services import SERVICES
from shared.web.bodies import BoundedRoute
from shared.web.field_messages import MOST_REPORTED
from shared.web.rate_kinds import takes_file
from tests import enumeration
from tests.world import World

PUSHES = {"intake.push_resources", "intake.push_library_entries", "monitoring.submit_readings"}
"""The only operations that read more than a small body, reviewed."""
MOST_SECONDS = 1.5
"""Generous: on a quiet machine the longest pause is 0.2 seconds."""
ANSWER_BYTES = 120_000
OWNER, OFFICER = "owner", "110105-officer-1"


def test_only_pushes_read_long_bodies_and_every_operation_has_a_limit() -> None:
    found = set()
    for service in SERVICES:
        for name, route in enumeration.operations(service).items():
            assert isinstance(route, BoundedRoute), name
            if route.body_limit != "body_limit_bytes":
                found.add(f"{service}.{name}")
    assert found == PUSHES


def test_files_have_a_limit_of_their_own() -> None:
    taking = {
        f"{service}.{name}"
        for service in SERVICES
        for name, route in enumeration.operations(service).items()
        if takes_file(route)
    }
    assert taking == {"intake.upload_material", *(f"{service}.add_attachment" for service in SERVICES)}


def _row(number: int) -> dict[str, Any]:
    return {"external_id": f"R-{number}", **{f"no_such_field_{each}": 1 for each in range(400)}}


LONG: list[tuple[str, str, str | None, Any]] = [
    ("intake", "/v1/declarations", OWNER, {f"f{each}": 1 for each in range(15_000)}),
    ("intake", "/v1/declarations", OWNER, {"components": [{"x": 1, "y": 2, "z": 3}] * 9_000}),
    ("intake", "/v1/declarations", OWNER, {"x" * 200_000: 1}),
    ("eligibility", "/v1/dry-run", None, {"facts": {"components": [{"x": 1}] * 20_000}}),
    ("eligibility", "/v1/dry-run", None, {"facts": {f"f{each}": 1 for each in range(15_000)}}),
    ("intake", "/v1/resources:batchUpsert", OFFICER, {f"f{each}": 1 for each in range(400_000)}),
    ("intake", "/v1/resources:batchUpsert", OFFICER, {"rows": [_row(each) for each in range(700)]}),
    ("intake", "/v1/resources:batchUpsert?mode=partial", OFFICER, {"rows": [_row(each) for each in range(700)]}),
    ("intake", "/v1/library-entries:batchUpsert", OFFICER, {"rows": [_row(0) | {f"f{n}": 1 for n in range(400_000)}]}),
]


@pytest.mark.parametrize(
    ("service", "path", "who", "body"), LONG, ids=[f"{path}-{number}" for number, (_, path, *_) in enumerate(LONG)]
)
async def test_errors_by_the_thousand_make_a_short_answer_and_stall_nobody(
    world: World, service: str, path: str, who: str | None, body: Any
) -> None:
    caller = world.owner() if who == OWNER else who
    pauses: list[float] = []

    async def look_alive() -> None:
        while True:
            began = time.perf_counter()
            await world.clients[service].get("/livez")
            pauses.append(time.perf_counter() - began)
            alive.set()
            await asyncio.sleep(0)  # nothing of the probe waits

    alive = asyncio.Event()
    beside = asyncio.create_task(look_alive())
    await alive.wait()
    answer = await world.call(service, "POST", path, caller, body)
    beside.cancel()
    assert answer.status_code in (207, 422), answer.text[:300]
    problem = answer.json()
    if answer.status_code == 422:
        assert len(answer.content) < ANSWER_BYTES
        assert 0 < len(problem["errors"]) <= MOST_REPORTED
    else:
        assert len(answer.content) < 3 * len(json.dumps(body))
    assert max(pauses) < MOST_SECONDS, f"{max(pauses):.2f} s"


async def test_an_answer_says_how_many_errors_it_leaves_out(world: World) -> None:
    body = {f"no_such_field_{each}": 1 for each in range(MOST_REPORTED + 50)}
    answer = await world.call("eligibility", "POST", "/v1/dry-run", None, {"facts": body}, status=422)
    problem = answer.json()
    assert len(problem["errors"]) == MOST_REPORTED
    assert problem["error_count"] >= MOST_REPORTED + 50
    assert f"共 {problem['error_count']} 处错误" in problem["detail"]


BOMBS = {
    "depth": b"[" * 100_000 + b"]" * 100_000,
    "depth of objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "digits": b'{"facts": {"land_area_m2": ' + b"9" * 200_000 + b"}}",
    "exponent": b'{"facts": {"total_investment_yuan": "1e999999999"}}',
    "float exponent": b'{"facts": {"total_investment_yuan": 1e999999999}}',
    "a name of half a surrogate": b'{"\\ud800": 1}',
    "not UTF-8": b'{"facts": "\xff\xfe"}',
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_bombs_of_depth_and_digits_are_refused_at_once(world: World, bomb: str) -> None:
    headers = {"content-type": "application/json", "idempotency-key": "bomb"}
    officer = {"authorization": f"Bearer {world.token(OFFICER)}"}
    for service, path, more in (("eligibility", "/v1/dry-run", {}), ("intake", "/v1/resources:batchUpsert", officer)):
        began = time.perf_counter()
        answer = await world.clients[service].post(path, content=BOMBS[bomb], headers={**headers, **more})
        assert answer.status_code in (400, 422), (path, answer.text[:200])
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < ANSWER_BYTES
        assert time.perf_counter() - began < 2
