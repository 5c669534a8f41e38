"""The message: every CloudEvents attribute in JSON and in Kafka's binary mode, and back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.events.bus import Message, Record, read_event
from shared.events.bus.publishing import _append, headers_of

HEADERS = {
    "district": "110105",
    "applicantuscc": "91110000600037341L",
    "actor": "110105-officer-1",
    "role": "district_officer",
    "requestid": "req-7",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
SENT = Message(
    id=UUID("018df7c8-0000-7000-8000-000000000001"),
    type="intake.declaration_withdrawn.v1",
    source="intake",
    aggregate_type="declaration",
    subject=UUID("018df7c8-0000-7000-8000-000000000002"),
    seq=41,
    time=datetime(2024, 3, 1, 2, 3, 4, 567890, tzinfo=UTC),
    data='{"reason":"示例"}'.encode(),
    headers=HEADERS,
)
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "018df7c8-0000-7000-8000-000000000001",
    "type": "intake.declaration_withdrawn.v1",
    "source": "/intake",
    "subject": "018df7c8-0000-7000-8000-000000000002",
    "time": "2024-03-01T02:03:04.567890+00:00",
    "datacontenttype": "application/json",
    "partitionkey": "018df7c8-0000-7000-8000-000000000002",
    "sequence": "41",
    "aggregatetype": "declaration",
    **HEADERS,
}
BINARY = {name: value for name, value in ATTRIBUTES.items() if name not in ("datacontenttype", "partitionkey")}


def test_the_attributes_are_those_of_cloudevents() -> None:
    assert SENT.attributes() == ATTRIBUTES
    assert SENT.to_record() == {**ATTRIBUTES, "data_base64": "eyJyZWFzb24iOiLnpLrkvosifQ=="}


def test_a_record_is_the_message_again() -> None:
    assert Message.from_record(SENT.to_record()) == SENT
    assert Message.from_record(replace(SENT, headers={}).to_record()) == replace(SENT, headers={})


def test_the_headers_in_kafka_are_the_attributes_in_binary_mode() -> None:
    headers = headers_of(SENT)
    assert {name: value.decode() for name, value in headers} == {
        "content-type": "application/json",
        **{f"ce_{name}": value for name, value in BINARY.items()},
    }
    assert len(headers) == len(dict(headers)) == 1 + len(BINARY)


@pytest.mark.parametrize(
    "other",
    [{"source": "funding"}, {"type": "intake.other.v1"}, {"aggregate_type": "entity"}],
    ids=lambda changed: next(iter(changed)),
)
def test_the_headers_of_another_message_are_its_own(other: dict[str, str]) -> None:
    headers_of(SENT)
    changed = replace(SENT, **other)  # type: ignore[arg-type]
    assert read_event(record_of(changed, topic="")) == changed


class Batch:
    """Records what is appended, as a batch of the client does; takes `room` records."""

    def __init__(self, room: int) -> None:
        self.room, self.taken = room, list[dict[str, Any]]()

    def append(self, **record: Any) -> object:
        if len(self.taken) == self.room:
            return None
        self.taken.append(record)
        return object()


def test_the_key_is_the_subject_and_the_value_the_data() -> None:
    batch = Batch(1)
    assert (_append(batch, SENT), _append(batch, SENT)) == (True, False)
    assert batch.taken == [
        {"timestamp": None, "key": str(SENT.subject).encode(), "value": SENT.data, "headers": headers_of(SENT)}
    ]


def record_of(message: Message, topic: str = "intake.events", *, without: str = "", **headers: str) -> Record:
    """Return the message as a record, with some headers changed and one left out."""
    given = dict(headers_of(message)) | {name: value.encode() for name, value in headers.items()}
    given.pop(without, None)
    return Record(topic, 3, 7, str(message.subject).encode(), message.data, tuple(given.items()))


def test_a_record_of_a_broker_is_the_message_again() -> None:
    assert read_event(record_of(SENT)) == SENT
    assert read_event(record_of(SENT, topic="")) == SENT
    assert read_event(replace(record_of(SENT), value=None)) == replace(SENT, data=b"")


def test_headers_of_other_programs_are_left_out() -> None:
    found = record_of(SENT)
    assert read_event(replace(found, headers=(*found.headers, ("b3", b"1"), ("xce_actor", b"x")))) == SENT


@pytest.mark.parametrize(
    "name", ["specversion", "id", "type", "source", "subject", "sequence", "time", "aggregatetype"]
)
def test_a_record_without_an_attribute_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        read_event(record_of(SENT, without=f"ce_{name}"))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", "0.3"),
        ("ce_specversion", "1.1"),
        ("ce_id", "no uuid"),
        ("ce_subject", "no uuid"),
        ("ce_sequence", "1.5"),
        ("ce_time", "yesterday"),
        ("ce_source", "/funding"),
        ("ce_source", "/intake.events"),
    ],
)
def test_a_record_with_a_wrong_attribute_is_refused(header: str, value: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_event(record_of(SENT, **{header: value}))


@pytest.mark.parametrize("topic", ["funding.events", "intake.dead-letters", "intake.events2"])
def test_a_record_of_another_topic_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match=f"{topic} brings an event of intake"):
        read_event(record_of(SENT, topic))
