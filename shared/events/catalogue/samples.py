"""Example messages, from the schemas and the example values of words.toml. All data are invented."""

import json
from functools import cache
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import BaseModel

from shared.actors import hash_secret, signature
from shared.contracts.base import Event
from shared.contracts.delivery import MessageDeadLettered, dead_lettered_type
from shared.contracts.pushes import REQUESTED, signed_content
from shared.events.bus import Message
from shared.events.catalogue.words import words
from shared.text import STORED

Schema = dict[str, Any]
TIME = "2024-10-14T02:00:00+00:00"
EXAMPLE_SECRET = "example"
_PLAIN: Schema = {"boolean": True, "integer": 1, "number": 1, "string": "示例", "null": None}
_FORMATS = {"date": "2024-10-14", "date-time": TIME}


@cache
def example_data(model: type[BaseModel]) -> dict[str, Any]:
    """Return example data that is valid by the model's schema."""
    schema = model.model_json_schema(mode="serialization")
    return _object(schema, schema.get("$defs", {}), model.__name__)


def example_message(event: type[Event]) -> Message:
    """Return an example message of an event type."""
    data, source = event.model_validate(example_data(event), context=STORED), event.type.split(".")[0]
    senders = words()["senders"]
    who = senders.get(source, senders["default"])
    about = {"district": data.district, "applicantuscc": data.applicant_uscc}
    return Message.of(
        {
            "id": _identifier(event.type),
            "type": event.type,
            "source": f"/{source}",
            "aggregatetype": event.aggregate_type,
            "subject": str(data.aggregate_id),
            "sequence": "1",
            "time": TIME,
            **about,
            **who,
            "requestid": "7f3c2e9a41d84b0c9e5d6a1b2c3d4e5f",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "figures": "lpr=3",
        },
        data.model_dump_json().encode(),
    )


def example_notice(service: str) -> Message:
    """Return an example of a service's dead-letter notice."""
    data = MessageDeadLettered.model_validate(example_data(MessageDeadLettered))
    kind, at = dead_lettered_type(service), data.at
    return Message(
        UUID(_identifier(kind)), kind, service, "dead_letter", data.id, 1, at, data.model_dump_json().encode(), {}
    )


def example_update(model: type[BaseModel]) -> tuple[dict[str, str], bytes]:
    """Return headers and value of a district system's update, signed with an invented key."""
    value, request = json.dumps(example_data(model), ensure_ascii=False).encode(), _identifier("request_id")
    key_id = words()["examples"]["key_id"]
    headers = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_type": REQUESTED,
        "ce_source": f"/systems/{key_id}",
        "ce_id": request,
        "ce_time": TIME,
        "keyid": key_id,
        "signature": signature(hash_secret(EXAMPLE_SECRET), signed_content(request, TIME, value)),
    }
    return headers, value


def _object(schema: Schema, shared: Schema, model: str) -> Schema:
    return {name: _value(part, shared, model, name) for name, part in schema.get("properties", {}).items()}


def _value(schema: Schema, shared: Schema, model: str, name: str) -> Any:
    said = _said(model, name)
    if f"{model}.{name}" in words()["absent"]:
        return None
    if "$ref" in schema:
        inner = schema["$ref"].rsplit("/", 1)[1]
        return _object(shared[inner], shared, inner)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], shared, model, name)
    if schema.get("type") == "array":
        return said if isinstance(said, list) else [_value(schema["items"], shared, model, name)]
    return _scalar(schema, name) if said is None else said


def _said(model: str, name: str) -> Any:
    """Return the example value of a field in words.toml; None if there is none."""
    said = words()["examples"]
    return said.get(f"{model}.{name}", said.get(name))


def _scalar(schema: Schema, name: str) -> Any:
    if "const" in schema or "enum" in schema:
        return schema.get("const") or schema["enum"][0]
    if schema.get("format") == "uuid":
        return _identifier(name)
    return _FORMATS.get(schema.get("format", ""), _PLAIN[schema["type"]])


def _identifier(name: str) -> str:
    """Return an identifier derived from the name, so that related examples share it."""
    return str(uuid5(NAMESPACE_OID, name))
