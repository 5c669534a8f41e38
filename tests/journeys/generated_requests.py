"""Requests generated from a service's OpenAPI document and sent as the roles that it admits."""

import asyncio
import inspect
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
import requests
import schemathesis
from fastapi.dependencies.models import Dependant
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from deploy.demo.personas import Persona
from tests.enumeration import operations
from tests.journeys.populate import known_ids
from tests.world import World

load_all_checks()
CHECKED: list[Any] = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
HEADERS = ("ETag", "Location")
"""Headers that a document declares wherever they are sent."""
ENDLESS = "/events/stream"
PEOPLE = {
    "district_officer": ("110105-officer-1", "110105-officer-2"),
    "district_supervisor": ("110105-supervisor-1", "110105-supervisor-2"),
    "district_government": ("110105-government",),
    "city_officer": ("city-officer-1", "city-officer-4", "city-officer-6"),
    "city_supervisor": ("city-supervisor-1", "city-supervisor-3"),
    "finance": ("finance-1", "finance-3"),
    "inspector": ("inspector-1", "inspector-2"),
    "auditor": ("auditor-1",),
}
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_VERSIONS = ('"1"', '"2"', '"3"', '"4"')
_SETTINGS = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_keys = itertools.count(1)
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
Who = str | Persona


@contextmanager
def reproducible_draws() -> Iterator[None]:
    """Draw the same examples in every run: keep Hypothesis from using constants of the modules that are loaded."""
    with patch.object(providers, "_get_local_constants", Constants):
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()


def roles_of(dependant: Dependant) -> set[str]:
    """Return the roles that an endpoint admits, read from the check it depends on."""
    named = inspect.getclosurevars(dependant.call).nonlocals if inspect.isfunction(dependant.call) else {}
    return set(named.get("allowed", ())).union(*(roles_of(inner) for inner in dependant.dependencies))


@dataclass
class RequestGenerator:
    """Draw requests to a service, send them to its application, and record answers that contradict the document."""

    world: World
    service: str
    loop: asyncio.AbstractEventLoop
    known: Mapping[str, list[str]] = field(init=False)
    admitted: Mapping[str, set[str]] = field(init=False)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = self.loop.run_until_complete(known_ids(self.world, self.service))
        routes = operations(self.service).values()
        self.admitted = {route.name: roles_of(route.dependant) for route in routes}

    def send_all(self) -> None:
        """Send a few requests to every operation."""
        document = schemathesis.openapi.from_dict(self.world.apps[self.service].openapi())
        for result in document.get_all_operations():
            assert isinstance(result, Ok), result
            if result.ok().path != ENDLESS:
                with reproducible_draws():
                    _SETTINGS(given(self._cases(result.ok()))(self._check))()

    def _check(self, case_and_sender: tuple[AnyCase, Who]) -> None:
        case, who = case_and_sender
        answer = self._send(case, who)
        self.answers[case.operation.label, answer.status_code] += 1
        asked = f"{case.operation.label} by {who}: {answer.request.url} {answer.request.content[:400]!r}"
        declared = case.operation.definition.raw["responses"].get(str(answer.status_code), {}).get("headers", {})
        sent = {name for name in HEADERS if name.lower() in answer.headers}
        if answer.status_code < 300 and sent != set(declared):
            self.contradictions.append(f"declares {sorted(declared)}, sends {sorted(sent)} | {asked}")
        try:
            case.validate_response(answer, checks=CHECKED)
        except FailureGroup as failures:
            self.contradictions.extend(f"{failure} | {asked} -> {answer.text[:400]}" for failure in failures.exceptions)

    def _cases(self, operation: Operation) -> st.SearchStrategy[tuple[AnyCase, Who]]:
        """Return a strategy of requests and senders: mostly valid, with ids that exist, by roles that are admitted."""
        valid, invalid = (operation.as_strategy(generation_mode=mode) for mode in _MODES)
        people = self._people(operation)

        @st.composite
        def cases(draw: st.DrawFn) -> tuple[AnyCase, Who]:
            case = draw(valid if draw(st.integers(0, 3)) < 3 else invalid)
            for name in sorted(set(case.path_parameters or {}) & set(self.known)):
                if draw(st.integers(0, 5)) < 5:
                    case.path_parameters[name] = draw(st.sampled_from(self.known[name]))
            if "if-match" in case.headers and draw(st.booleans()):
                case.headers["if-match"] = draw(st.sampled_from(_VERSIONS))
            return case, draw(people)

        return cases()

    def _people(self, operation: Operation) -> st.SearchStrategy[Who]:
        every_role = ("applicant", *PEOPLE)
        admitted = self.admitted[operation.definition.raw["operationId"]]
        roles_admitted = [role for role in every_role if role in admitted] or every_role
        roles = st.integers(0, 7).flatmap(lambda often: st.sampled_from(roles_admitted if often < 7 else every_role))
        people: Mapping[str, tuple[Who, ...]] = {**PEOPLE, "applicant": (self.world.owner(),)}
        return roles.flatmap(lambda role: st.sampled_from(people[role]))

    def _send(self, case: AnyCase, who: Who) -> httpx.Response:
        prepared = requests.Request(**case.as_transport_kwargs(base_url=f"http://{self.service}.test")).prepare()
        headers = {**dict(prepared.headers), "Authorization": f"Bearer {self.world.token(who)}"}
        if prepared.method == "POST":
            headers["Idempotency-Key"] = f"generated-{next(_keys)}"
        sent = self.world.clients[self.service].request(
            str(prepared.method),
            str(prepared.url),
            headers=[(_bytes(name), _bytes(value)) for name, value in headers.items()],
            content=_content(prepared.body),
        )
        return self.loop.run_until_complete(sent)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _content(body: Any) -> bytes:
    if isinstance(body, (str, bytes)):
        return _bytes(body)
    return b"".join(body) if isinstance(body, Iterable) else b""
