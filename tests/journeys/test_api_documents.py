"""OpenAPI documents: valid, complete, and consistent with the answers to generated and fuzzed requests."""

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
from tests.journeys.fuzzing import Fuzzer
from tests.journeys.generated_requests import RequestGenerator
from tests.journeys.populate import populate
from tests.references import references
from tests.world import World

# Probes, reference data for integrators and signed checkpoints need no token: they show nothing of a case.
OPEN_TO_ALL = {
    "live", "ready", "read_event_schema", "dry_run_declaration", "draw_dry_run", "list_editions", "read_input_schema",
    "read_decision_model", "list_clauses", "list_duties",
    "list_problems", "explain_problem", "list_code_lists", "list_checkpoints", "list_figures",
    "list_district_programmes",
}  # fmt: skip
_INVALID_KEYSETS: tuple[Any, ...] = ([], {}, [None, "\x00"], 10**30)
INVALID_CURSORS = (
    "x",
    "=",
    "é",
    "%00",
    "A" * 5000,
    *(base64.urlsafe_b64encode(json.dumps(value).encode()).decode() for value in _INVALID_KEYSETS),
)
JSON = {"content-type": "application/json"}
each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture
async def loop(world: World) -> asyncio.AbstractEventLoop:
    """Return the event loop of the services, which a synchronous test runs itself."""
    return asyncio.get_running_loop()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def filled(path: str) -> str:
    """Return the path with ids that do not exist."""
    return path.replace("{", "0").replace("}", "0")


@each_service
async def test_document_is_valid_and_complete(world: World, service: str) -> None:
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
async def test_only_operations_with_a_security_scheme_require_a_token(world: World, service: str) -> None:
    document = world.apps[service].openapi()
    assert set(document["components"]["securitySchemes"]) == {"HTTPBearer"}
    for method, path, operation in operations(document):
        secured = operation.get("security") == [{"HTTPBearer": []}]
        assert secured == (operation["operationId"] not in OPEN_TO_ALL), (method, path)
        answer = await world.call(service, method, filled(path), None)
        assert (answer.status_code == 401) == secured, (method, path, answer.text)


@each_service
def test_generated_requests_get_documented_answers(world: World, loop: asyncio.AbstractEventLoop, service: str) -> None:
    loop.run_until_complete(populate(world, service))
    generator = RequestGenerator(world, service, loop)
    generator.send_all()
    assert not generator.contradictions, "\n".join(generator.contradictions)
    done = {label for label, status in generator.answers if status < 300}
    reads = {label for label, _ in generator.answers if label.startswith("GET ")}
    # Few requests are drawn per operation: some reads find no record, and some acts no case that is ready.
    assert len(done & reads) > len(reads) / 2, sorted(reads - done)
    assert done - reads


@each_service
async def test_invalid_and_extreme_values_cause_no_server_error(world: World, service: str) -> None:
    fuzzer = Fuzzer(world, service)
    with fuzzer.active():
        await populate(world, service)
    assert not fuzzer.wrong_answers, "\n".join(fuzzer.wrong_answers)
    assert fuzzer.sent > 100
    assert await world.parked() == {}


@each_service
async def test_invalid_cursors_are_refused(world: World, service: str) -> None:
    for _, path, operation in operations(world.apps[service].openapi()):
        if "cursor" not in {parameter["name"] for parameter in operation.get("parameters", [])}:
            continue
        for cursor in INVALID_CURSORS:
            answer = await world.call(service, "GET", f"{filled(path)}?cursor={cursor}", "auditor-1")
            assert answer.status_code in (400, 403, 404, 422), (path, cursor, answer.text)


@each_service
async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(world: World, service: str) -> None:
    world.settings.json_limit_bytes = world.settings.body_limit_bytes * 2
    long = b'"' + b"x" * world.settings.json_limit_bytes + b'"'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 2**16):
            yield long[start : start + 2**16]

    for method, path, operation in operations(world.apps[service].openapi()):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            headers = {**JSON, **world.signed_in(service, operation["operationId"])}
            for key, content in (("declared", long), ("counted", pieces())):
                answer = await world.clients[service].request(
                    method, filled(path), content=content, headers={**headers, "idempotency-key": key}
                )
                assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM), (method, path)


async def test_an_act_without_a_body_refuses_a_body_beyond_the_limit(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    owner = {"authorization": f"Bearer {world.token(world.owner())}", "idempotency-key": "long"}
    answer = await world.clients["intake"].post(
        f"/v1/declarations/{case}/submit", content=b"x" * (world.settings.body_limit_bytes + 1), headers=owner
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_lone_surrogate_is_refused(world: World) -> None:
    body = json.dumps({**sample_declarations.DRAFT, "district": "\ud800"}).encode()
    headers = {"authorization": f"Bearer {world.token(world.owner())}", "idempotency-key": "half"}
    answer = await world.clients["intake"].post("/v1/declarations", content=body, headers={**headers, **JSON})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_a_body_of_two_megabytes_is_validated(world: World) -> None:
    row = {"external_id": "R", "remark": "x" * 2000}
    answer = await world.call("intake", "POST", "/v1/resources:batchUpsert", "110105-officer-1", {"rows": [row] * 1000})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
