"""Each OpenAPI document is valid and true: what is generated from it is answered as it says, never with 5xx."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from services import SERVICES
from shared.web.problems import PROBLEM
from tests.intake import sample_declarations
from tests.journeys.generated import Sender
from tests.journeys.spoilt import Spoiler
from tests.journeys.walked_cases import walk
from tests.references import references
from tests.world import World

# Whoever builds against the suite or probes it needs no token for these; nothing of a case is in them.
OPEN_TO_ALL = {
    "live", "ready", "read_event_schema", "dry_run_declaration", "list_editions", "list_clauses",
    "list_problems", "explain_problem", "list_code_lists",
}  # fmt: skip
_NO_KEYSETS: tuple[Any, ...] = ([], {}, [None, "\x00"], 10**30)
STRANGE_CURSORS = (
    "x",
    "=",
    "é",
    "%00",
    "A" * 5000,
    *(base64.urlsafe_b64encode(json.dumps(value).encode()).decode() for value in _NO_KEYSETS),
)
JSON = {"content-type": "application/json"}
each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture
async def loop(world: World) -> asyncio.AbstractEventLoop:
    """The loop of the services, which a test that is no coroutine turns itself."""
    return asyncio.get_running_loop()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def filled(path: str) -> str:
    """The path with something in each place; nothing is found there."""
    return path.replace("{", "0").replace("}", "0")


@each_service
async def test_the_document_is_valid_and_whole(world: World, service: str) -> None:
    document = world.apps[service].openapi()
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {name.removeprefix("#/components/schemas/") for name in references(document)} == set(schemas)


@each_service
async def test_every_operation_has_a_name_a_tag_and_problem_answers(world: World, service: str) -> None:
    document = world.apps[service].openapi()
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(document):
        assert operation["tags"], (method, path)
        assert operation["summary"], (method, path)
        signed_in = ("401", "403") if operation["security"] else ()
        writes = ("413",) if method != "GET" else ()
        for status in ("400", "404", "409", "422", "503", *signed_in, *writes):
            answer = operation["responses"][status]
            assert answer["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}, (
                method,
                path,
                status,
            )


@each_service
async def test_exactly_what_names_a_security_scheme_asks_for_a_token(world: World, service: str) -> None:
    document = world.apps[service].openapi()
    assert set(document["components"]["securitySchemes"]) == {"HTTPBearer"}
    for method, path, operation in operations(document):
        secured = operation.get("security") == [{"HTTPBearer": []}]
        assert secured == (operation["operationId"] not in OPEN_TO_ALL), (method, path)
        answer = await world.call(service, method, filled(path), None)
        assert (answer.status_code == 401) == secured, (method, path, answer.text)


@each_service
def test_what_is_generated_from_the_document_is_answered_as_it_says(
    world: World, loop: asyncio.AbstractEventLoop, service: str
) -> None:
    loop.run_until_complete(walk(world, service))
    sender = Sender(world, service, loop)
    sender.send_all()
    assert not sender.untrue, "\n".join(sender.untrue)
    done = {label for label, status in sender.answers if status < 300}
    reads = {label for label, _ in sender.answers if label.startswith("GET ")}
    # Only a few of each are drawn: not every read meets a record, nor every act a case that is ready for it.
    assert len(done & reads) > len(reads) / 2, sorted(reads - done)
    assert done - reads


@each_service
async def test_a_spoilt_value_is_refused_an_extreme_one_is_judged_and_neither_breaks_anything(
    world: World, service: str
) -> None:
    spoiler = Spoiler(world, service)
    with spoiler.ahead():
        await walk(world, service)
    assert not spoiler.wrong, "\n".join(spoiler.wrong)
    assert spoiler.sent > 100
    assert await world.parked() == {}


@each_service
async def test_a_strange_cursor_is_refused(world: World, service: str) -> None:
    for _, path, operation in operations(world.apps[service].openapi()):
        if "cursor" not in {parameter["name"] for parameter in operation.get("parameters", [])}:
            continue
        for cursor in STRANGE_CURSORS:
            answer = await world.call(service, "GET", f"{filled(path)}?cursor={cursor}", "auditor-1")
            assert answer.status_code in (400, 403, 404, 422), (path, cursor, answer.text)


@each_service
async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(world: World, service: str) -> None:
    long = b'"' + b"x" * world.settings.json_limit_bytes + b'"'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 2**20):
            yield long[start : start + 2**20]

    headers = {**JSON, "authorization": f"Bearer {world.token('110105-officer-1')}"}
    for method, path, operation in operations(world.apps[service].openapi()):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            for key, content in (("declared", long), ("counted", pieces())):
                answer = await world.clients[service].request(
                    method, filled(path), content=content, headers={**headers, "idempotency-key": key}
                )
                assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM), (method, path)


async def test_an_act_with_a_long_body_that_it_would_not_read_is_not_done(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    owner = {"authorization": f"Bearer {world.token(world.owner())}", "idempotency-key": "long"}
    answer = await world.clients["intake"].post(
        f"/v1/declarations/{case}/submit", content=b"x" * (world.settings.json_limit_bytes + 1), headers=owner
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_half_a_surrogate_pair_is_no_text(world: World) -> None:
    body = json.dumps({**sample_declarations.DRAFT, "district": "\ud800"}).encode()
    headers = {"authorization": f"Bearer {world.token(world.owner())}", "idempotency-key": "half"}
    answer = await world.clients["intake"].post("/v1/declarations", content=body, headers={**headers, **JSON})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_two_megabytes_of_json_are_read_and_judged(world: World) -> None:
    row = {"external_id": "R", "remark": "x" * 2000}
    answer = await world.call("intake", "POST", "/v1/resources:batchUpsert", "110105-officer-1", {"rows": [row] * 1000})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
