"""The event catalogue is complete, in Chinese, and matches the handlers of the services."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel

from deploy.checks.event_catalogue import FILE, catalogue
from services import SERVICES, load
from services.intake.registers.topic import read_update
from shared.actors import hash_secret, signature
from shared.contracts import event_types
from shared.contracts.base import Event
from shared.contracts.pushes import LibraryUpdate, ResourceUpdate, signed_content
from shared.events.bus import Record, read_event
from shared.events.bus.publishing import headers_of
from shared.events.catalogue import OTHERS, Field, entries, other, parts_of, structures
from shared.events.catalogue.page import page
from shared.events.catalogue.samples import (
    EXAMPLE_SECRET,
    example_data,
    example_message,
    example_notice,
    example_update,
)
from shared.events.catalogue.words import words
from shared.settings import Settings
from tests.world import World

EVENTS = list(event_types())
TOLD = [*EVENTS, *OTHERS]
PARTS = {part for model in TOLD for part in parts_of(model)}
HAN = re.compile("[一-龥]")


def name_of(model: type[BaseModel]) -> str:
    return model.__name__


def all_fields() -> Iterator[Field]:
    for entry in entries():
        yield from entry.fields
    for part in structures():
        yield from part.fields
    for model in OTHERS:
        yield from other(model).fields


def test_every_event_is_described_and_nothing_else_is() -> None:
    assert set(words()["events"]) == {event.type for event in EVENTS}, (
        "describe it in shared/events/catalogue/words.toml"
    )
    assert set(words()["subjects"]) == {event.aggregate_type for event in EVENTS}
    assert set(words()["others"]) == {model.__name__ for model in OTHERS}
    assert set(words()["structures"]) == {part.__name__ for part in PARTS}


def test_titles_times_and_meanings_are_chinese() -> None:
    for entry in entries():
        assert HAN.search(entry.words.title), entry.type
        assert entry.words.when.endswith("。"), entry.type
        assert entry.clauses or entry.service == "intake", entry.type
    for field in all_fields():
        assert HAN.search(field.meaning), field
        assert all(HAN.search(word) for _, word in field.codes), field


def test_words_toml_has_no_unused_entry() -> None:
    models = [*TOLD, *PARTS]
    fields = {name for model in models for name in model.model_fields}
    own = {f"{model.__name__}.{name}" for model in models for name in model.model_fields}
    for section in ("fields", "examples"):
        assert {name for name in words()[section] if name not in fields | own} == set(), section
    assert set(words()["absent"]) <= own
    codes = {code for field in all_fields() for code, _ in field.codes}
    assert set(words()["values"]) <= codes


def test_the_reactions_listed_are_the_handlers_registered() -> None:
    handled: dict[str, set[str]] = {event.type: set() for event in EVENTS}
    for name in SERVICES:
        service = load(name)
        assert words()["services"][name] == service.title
        for event in service.handlers:
            handled[event.type].add(name)
    assert {entry.type: set(entry.words.acts) for entry in entries()} == handled


@pytest.mark.parametrize("model", TOLD, ids=name_of)
def test_every_example_is_valid_by_schema_and_by_class(model: type[BaseModel]) -> None:
    data = example_data(model)
    for schema in (model.model_json_schema(mode="serialization"), model.model_json_schema()):
        assert list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(data)) == []
    again = model.model_validate_json(json.dumps(data))
    assert set(again.model_dump()) == set(data)


@pytest.mark.parametrize("event", EVENTS, ids=name_of)
def test_an_example_message_survives_a_round_trip(event: type[Event]) -> None:
    message = example_message(event)
    headers = headers_of(message)
    assert {name for name, _ in headers} == set(words()["headers"])
    record = Record(f"{message.source}.events", 0, 0, str(message.subject).encode(), message.data, tuple(headers))
    assert read_event(record) == message


def test_the_headers_of_a_dead_letter_are_described() -> None:
    assert {name for name, _ in headers_of(example_notice("intake"))} <= set(words()["headers"])


@pytest.mark.parametrize("model", [ResourceUpdate, LibraryUpdate], ids=name_of)
def test_the_example_of_a_push_is_accepted_by_intake(model: type[BaseModel]) -> None:
    headers, value = example_update(model)
    assert set(headers) == set(words()["update_headers"])
    sent = tuple((name, text.encode()) for name, text in headers.items())
    message = read_update(Record("district.library-updates", 0, 0, b"110105", value, sent))
    said = message.headers
    content = signed_content(said["requestid"], said["requesttime"], message.data)
    assert said["signature"] == signature(hash_secret(EXAMPLE_SECRET), content)


class PageParser(HTMLParser):
    """Parser that collects the tags, ids, links and resources of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name in ("href", "src") and value]


def test_the_page_has_no_script_and_no_external_resource() -> None:
    reader = PageParser()
    reader.feed(page())
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert all(link.startswith(("#", "/")) and not link.startswith("//") for link in reader.links)
    assert not re.search(r"url\(|@import", page())
    assert '<html lang="zh-CN">' in page()


def test_every_link_of_the_page_resolves_and_every_event_is_listed() -> None:
    reader = PageParser()
    reader.feed(page())
    assert len(reader.ids) == len(set(reader.ids))
    own = {link[1:] for link in reader.links if link.startswith("#")}
    assert own <= set(reader.ids)
    assert own >= {event.type for event in EVENTS} | {part.__name__ for part in PARTS}
    for field in all_fields():
        assert f"<code>{field.name}</code>" in page()


def test_the_page_in_docs_is_up_to_date() -> None:
    assert FILE.read_text() == catalogue(), "run python -m deploy.checks.event_catalogue write"


def test_the_page_for_integrators_names_every_header_and_only_existing_settings() -> None:
    text = FILE.with_name("integrators.md").read_text()
    assert {*re.findall("`(ce_[a-z]+|content-type)`", text)} == set(words()["headers"])
    settings = {f"TENGHUAN_{name.upper()}" for name in Settings.model_fields}
    named = {*re.findall("TENGHUAN_[A-Z_]+", text)} - settings
    assert named == {"TENGHUAN_KAFKA_GROUP", "TENGHUAN_API_KEY"}, "of the examples alone"


async def test_each_service_serves_the_catalogue_its_schemas_and_its_asyncapi_document(world: World) -> None:
    for name in SERVICES:
        shown = await world.call(name, "GET", "/docs/events", None, status=200)
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert shown.headers["content-security-policy"].startswith("default-src 'none'")
        assert shown.text == page()
        made = (await world.call(name, "GET", "/asyncapi.json", None, status=200)).json()
        assert made["id"] == f"urn:tenghuan:{name}"
        described = (await world.call(name, "GET", "/openapi.json", None, status=200)).json()["info"]["description"]
        assert "(/docs/events)" in described
        assert "(/asyncapi.json)" in described
        for link in re.findall(r'href="(/schemas/[^"]+)"', shown.text):
            schema = (await world.call(name, "GET", link, None, status=200)).json()
            assert set(schema["properties"]) >= {"district"}
