"""Each service's AsyncAPI document is valid, has no broken reference, and lists the service's messages."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from pydantic import SecretStr

from services import SERVICES, load
from shared.contracts import event_types
from shared.events.asyncapi import document
from shared.runtime import Service
from shared.settings import Settings
from tests.references import references
from tests.shared.contracts.asyncapi_schema import FOLDER, asyncapi_validator

Part = dict[str, Any]
KAFKA = Settings(bus="kafka", kafka_servers="a.invalid:9092, b.invalid:9093")
each_service = pytest.mark.parametrize("name", SERVICES)


def service(name: str) -> Service:
    found: Service = load(name)
    return found


def target(whole: Part, reference: str) -> Any:
    """Return the target of a reference. Raises KeyError for a broken reference."""
    found: Any = whole
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


@each_service
def test_the_document_is_valid_by_the_official_schema(name: str) -> None:
    made = json.loads(json.dumps(document(service(name), KAFKA)))
    assert [error.message for error in asyncapi_validator().iter_errors(made)] == []


@pytest.mark.parametrize("security", ["SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_the_document_is_valid_for_every_broker_security(security: str) -> None:
    made = document(service("monitoring"), Settings.model_validate({"bus": "kafka", "kafka_security": security}))
    assert asyncapi_validator().is_valid(made)


def _misspell(*path: str, wrong: str) -> Callable[[Part], None]:
    def change(whole: Part) -> None:
        part = target(whole, "/".join(path[:-1])) if path[:-1] else whole
        part[wrong] = part.pop(path[-1])

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        _misspell("channels", wrong="chanels"),
        _misspell("channels", "monitoringEvents", "address", wrong="adress"),
        _misspell("channels", "monitoringEvents", "bindings", "kafka", "partitions", wrong="partition"),
        _misspell("operations", "send_monitoringEvents", "action", wrong="acton"),
        _misspell("operations", "send_monitoringEvents", "messages", wrong="mesages"),
        _misspell("components", "messages", "CreditRated", "payload", wrong="paylod"),
        _misspell("components", "messageTraits", "CloudEvent", "headers", wrong="header"),
        _misspell("components", "schemas", wrong="schema"),
        _misspell("servers", "broker1", "protocol", wrong="protocoll"),
    ],
    ids=lambda _: "",
)
def test_a_misspelt_key_is_invalid(spoil: Callable[[Part], None]) -> None:
    made = copy.deepcopy(document(service("monitoring"), KAFKA))
    spoil(made)
    assert not asyncapi_validator().is_valid(made)


@each_service
def test_every_reference_resolves_and_every_component_is_used(name: str) -> None:
    made = document(service(name), KAFKA)
    named = set(references(made))
    for reference in named:
        target(made, reference)
    for kind in ("messages", "messageTraits", "schemas"):
        left = {key for key in made["components"][kind] if f"#/components/{kind}/{key}" not in named}
        assert left <= {"SignedUpdate"}, kind


@each_service
def test_the_document_lists_the_events_sent_and_handled(name: str) -> None:
    made, own = document(service(name), KAFKA), service(name)
    said: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in made["operations"].values():
        topic = target(made, operation["channel"]["$ref"])["address"]
        for message in operation["messages"]:
            told = target(made, target(made, message["$ref"])["$ref"])
            said[operation["action"]].add(f"{topic} {told['name']}")
    announced = {f"{name}.events {event.type}" for event in event_types() if event.type.startswith(f"{name}.")}
    assert said["send"] == announced | {f"{name}.dead-letters {name}.message_dead_lettered.v1"}
    heard = {f"{event.type.split('.')[0]}.events {event.type}" for event in own.handlers}
    assert said["receive"] == heard | {f"{topic} {inbound.type}" for topic, inbound in own.inbound_topics.items()}


def test_only_intake_receives_the_districts_topic() -> None:
    made = document(service("intake"), KAFKA)
    channel = made["channels"]["districtLibraryUpdates"]
    assert channel["address"] == "district.library-updates"
    assert set(channel["messages"]) == {"ResourceUpdate", "LibraryUpdate"}


@each_service
def test_every_example_is_valid_by_its_message(name: str) -> None:
    made = document(service(name), KAFKA)
    traits = made["components"]["messageTraits"]
    for message in made["components"]["messages"].values():
        trait = traits[message["traits"][0]["$ref"].rsplit("/", 1)[1]]
        for example in message["examples"]:
            for schema, value in (
                (trait["headers"], example["headers"]),
                (message["headers"], example["headers"]),
                (message["payload"] | {"components": made["components"]}, example["payload"]),
            ):
                errors = Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(value)
                assert [error.message for error in errors] == [], message["name"]


def test_the_servers_are_the_brokers_of_the_settings() -> None:
    plain = document(service("funding"), KAFKA)
    assert [(each["host"], each["protocol"]) for each in plain["servers"].values()] == [
        ("a.invalid:9092", "kafka"),
        ("b.invalid:9093", "kafka"),
    ]
    login = {"kafka_username": "district-110105", "kafka_password": SecretStr("hush-hush")}
    secure = document(service("funding"), KAFKA.model_copy(update={"kafka_security": "SASL_SSL", **login}))
    assert secure["servers"]["broker1"]["protocol"] == "kafka-secure"
    assert target(secure, secure["servers"]["broker1"]["security"][0]["$ref"])["type"] == "scramSha512"
    assert "hush-hush" not in json.dumps(secure)
    assert document(service("funding"), Settings())["servers"] == {}


def test_the_lock_holds_no_address() -> None:
    assert "://" not in (FOLDER / "package-lock.json").read_text()
