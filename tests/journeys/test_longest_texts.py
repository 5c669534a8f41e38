"""Every act with its texts as long as they may be becomes events that every reader decodes, live, in all services."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from services import SERVICES
from shared.contracts.base import event_class
from tests.enumeration import operation_of
from tests.journeys import every_duty
from tests.world import World

Place = tuple[str | int, ...]
Texts = Iterator[tuple[Place, int]]
REFERS = {
    "Undertake.version",
    "EditionChoiceIn.edition",
    "FiguresIn.figures.key",
    "NewPayee.account_name",
    "NewPayee.bank_code",
    "FundingRecordIn.address",
    "NewReceipts.receipts.order_no",
    "RemarkAcceptance.key",
    "InspectorAssignmentIn.inspector",
}
"""Fields that name something that exists, so that a longer text names nothing."""


def texts(
    schema: Mapping[str, Any], defs: Mapping[str, Any], value: Any, at: Place = ()
) -> Iterator[tuple[Place, int]]:
    """Yield the place and the bound of each bounded text in a body."""
    for option in [schema, *schema.get("anyOf", ()), *schema.get("allOf", ())]:
        known = defs[option["$ref"].rsplit("/", 1)[1]] if "$ref" in option else option
        if isinstance(value, str) and "maxLength" in known and not known.keys() & {"enum", "format", "const"}:
            yield at, known["maxLength"]
        elif isinstance(value, dict):
            for name, part in known.get("properties", {}).items():
                if name in value:
                    yield from texts(part, defs, value[name], (*at, name))
        elif isinstance(value, list) and "items" in known:
            for index, each in enumerate(value):
                yield from texts(known["items"], defs, each, (*at, index))


def put(body: Any, place: Place, value: str) -> Any:
    """Return a body with another value in a place."""
    changed = deepcopy(body)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def at(body: Any, place: Place) -> str:
    for step in place:
        body = body[step]
    return str(body)


def stretched(model: type[BaseModel], body: Any) -> tuple[Any, set[str]]:
    """Return the body with each text at its bound that has no form of its own, and the fields that are."""
    schema, fields = model.model_json_schema(), set()
    for place, most in texts(schema, schema.get("$defs", {}), body):
        name = f"{model.__name__}.{'.'.join(str(step) for step in place if isinstance(step, str))}"
        if name in REFERS:
            continue
        text = at(body, place)
        longer = put(body, place, text + "长" * (most - len(text)))
        try:
            model.model_validate(longer)
        except ValidationError:
            continue
        body = longer
        fields.add(name)
    return body, fields


class Stretching:
    """Sends every act with its longest texts first; one that is refused so is sent as it was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fields: set[str] = set()
        self.refused: dict[str, str] = {}
        self._send = World.call
        monkeypatch.setattr(World, "call", self._called())

    def _called(self) -> Any:
        async def call(
            world: World, service: str, method: str, path: str, who: Any, body: Any = None, **given: Any
        ) -> httpx.Response:
            longer, fields = self._stretched(service, method, path, body)
            if fields:
                headers = {name: value for name, value in given.items() if name != "status"}
                answer = await self._send(world, service, method, path, who, longer, **headers)
                if answer.status_code < 300:
                    self.fields |= fields
                    return answer
                assert answer.status_code < 500, answer.text
                if given.get("status") in (None, 200, 201, 204):
                    self.refused[" ".join(sorted(fields))] = answer.json()["detail"][:100]
            return await self._send(world, service, method, path, who, body, **given)

        return call

    def _stretched(self, service: str, method: str, path: str, body: Any) -> tuple[Any, set[str]]:
        field = operation_of(service, method, path.partition("?")[0]).body_field if isinstance(body, dict) else None
        model = field.field_info.annotation if field is not None else None
        if isinstance(model, type) and issubclass(model, BaseModel):
            return stretched(model, body)
        return body, set()


@pytest.mark.parametrize("service", SERVICES)
async def test_acts_with_their_longest_texts_become_readable_events(
    world: World, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretching = Stretching(monkeypatch)
    await getattr(every_duty, service)(world)
    await world.settle()
    assert stretching.refused == {}
    assert len(stretching.fields) > 5
    assert await world.parked() == {}
    for name in SERVICES:
        assert await world.database.admin.fetchval(f"SELECT count(*) FROM {name}.dead_letter") == 0
        for row in await world.database.admin.fetch(f"SELECT type, payload FROM {name}.event_log"):
            event_class(row["type"]).model_validate_json(row["payload"])
