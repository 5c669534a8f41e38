"""Owners and systems are told no handler's name or account; each field is declared for whom it is."""

import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from deploy.demo.personas import PEOPLE
from services import SERVICES
from shared.audiences import OFFICIALS_ONLY, TO_OFFICIALS
from shared.contracts.base import event_types
from tests.enumeration import operations, roles_of
from tests.journeys.populate import known_ids, populate
from tests.journeys.test_answers import addresses
from tests.world import World

PERSON = re.compile(r"(_by|_by_name|_name|^actor|^inspector|^officer|^reviewer|^handler|^hands)$")
"""Names of fields that hold, or might hold, a person who handled something."""
NO_HANDLER = {
    "applicant_name", "project_name", "correct_by", "rectify_by", "limited_by", "entity_name", "tenant_name",
    "programme_name", "owner_name", "account_name", "library_name",
    "certified_by of ResourceRow", "signed_off_by of LibraryRow",
    "certified_by of Resource", "signed_off_by of LibraryEntry", "granted_by of AgentOut", "withdrawn_by of AgentOut",
}  # fmt: skip
"""Fields with such a name that hold a company, a project, a day, an office, or the reader's own colleague.

Agents are authorised by people of the enterprise alone, to whom those rows are shown: no office handles them.
"""
TO_OUTSIDERS = {"applicant", "system"}


def models_in(annotation: Any, found: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return the models that a type consists of."""
    for each in typing.get_args(annotation):
        models_in(each, found)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in found:
        found.add(annotation)
        for field in annotation.model_fields.values():
            models_in(field.annotation, found)
    return found


def told_models() -> Iterator[type[BaseModel]]:
    """Yield every model in an answer that an owner or a system may get."""
    found: set[type[BaseModel]] = set()
    for service in SERVICES:
        for route in operations(service).values():
            if TO_OUTSIDERS & set(roles_of(route)):
                models_in(route.response_model, found)
    return iter(sorted(found, key=lambda model: model.__qualname__))


def test_every_field_that_may_name_a_handler_is_for_officials() -> None:
    told = [
        f"{name} of {model.__name__}"
        for model in told_models()
        for name, field in model.model_fields.items()
        if PERSON.search(name) and TO_OFFICIALS not in field.metadata
        if not {name, f"{name} of {model.__name__}"} & NO_HANDLER
    ]
    assert told == []


def test_every_field_of_an_event_that_may_name_a_handler_is_for_officials() -> None:
    told = [
        f"{event.type} {name}"
        for event in event_types()
        for name, field in event.model_fields.items()
        if PERSON.search(name) and OFFICIALS_ONLY not in field.metadata and name not in NO_HANDLER
    ]
    assert told == []


@pytest.mark.parametrize("service", SERVICES)
async def test_no_answer_tells_an_owner_who_handled_its_case(world: World, service: str) -> None:
    await populate(world, service)
    await world.settle()
    known = await known_ids(world, service)
    people = {word for person in PEOPLE.values() for word in (person.subject, person.name)}
    answered, named = 0, []
    for name, route in operations(service).items():
        if "GET" not in (route.methods or ()) or "applicant" not in roles_of(route) or name == "stream_events":
            continue
        for path in addresses(route, known):
            answer = await world.call(service, "GET", path, world.owner())
            answered += answer.status_code == 200
            named += [f"{name}: {each}" for each in people if answer.status_code == 200 and each in answer.text]
    assert answered > 5
    assert named == []
