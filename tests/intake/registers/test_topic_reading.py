"""Updates of the topic, read and verified without a database: each part of an id, of a signature and of a form."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.registers import topic
from services.intake.registers.answers import UpdateRef
from services.intake.registers.kinds import LIBRARY, RESOURCES
from services.intake.registers.parsing import InvalidRow, Push
from services.intake.registers.topic import _is_signed, _mergeable_runs, _ParsedUpdate, _update_id, read_update
from shared.events.bus import Message, Record

SECRET = bytes(range(32))
REQUEST, TIME, VALUE = "0B54F6C0-7A46-4C7D-9A38-0F4B6C1D2E3F", "2024-03-01T10:00:00+08:00", b'{"book": "resources"}'


def signature_of(*parts: str, value: bytes = VALUE, secret: bytes = SECRET) -> str:
    """Return the signature by the published rule: HMAC-SHA256 over type, id, time and value."""
    return hmac.new(secret, "".join(f"{part}\n" for part in parts).encode() + value, hashlib.sha256).hexdigest()


HEADERS = {
    "ce_specversion": "1.0",
    "ce_type": "district.library_update_requested.v1",
    "ce_id": REQUEST,
    "ce_time": TIME,
    "keyid": "0123456789ab",
    "signature": signature_of("district.library_update_requested.v1", REQUEST, TIME),
}


def update(value: bytes | None = VALUE, changed: dict[str, str] | None = None, **more: str) -> Record:
    given = HEADERS | (changed or {}) | more
    headers = tuple((name, text.encode()) for name, text in given.items())
    return Record("district.library-updates", 2, 9, b"110105", value, (*headers, ("ce_source", b"/x"), ("other", b"y")))


def test_an_update_is_a_stream_of_its_own_with_what_was_signed() -> None:
    message = read_update(update())
    assert message == Message(
        id=message.id,
        type="district.library_update_requested.v1",
        source="district",
        aggregate_type="library_update",
        subject=message.id,
        seq=1,
        time=datetime(2024, 3, 1, 2, tzinfo=UTC),
        data=VALUE,
        headers={
            **{"requestid": REQUEST, "requesttime": TIME},
            **{"keyid": HEADERS["keyid"], "signature": HEADERS["signature"]},
        },
    )
    assert read_update(update(None)).data == b""


@pytest.mark.parametrize(
    "changed",
    [
        {"ce_id": "0B54F6C0-7A46-4C7D-9A38-0F4B6C1D2E30"},
        {"ce_id": REQUEST.lower()},
        {"ce_time": "2024-03-01T10:00:01+08:00"},
        {"ce_time": "2024-03-01T02:00:00Z"},
        {"keyid": "0123456789ac"},
        {"signature": "0" * 64},
    ],
    ids=lambda changed: " ".join(changed.values()),
)
def test_each_header_that_counts_makes_another_message(changed: dict[str, str]) -> None:
    assert read_update(update(changed=changed)).id != read_update(update()).id


def test_the_content_makes_another_message_and_the_place_does_not() -> None:
    first = read_update(update())
    assert read_update(update(VALUE + b" ")).id != first.id
    assert read_update(replace(update(), partition=3, offset=10, key=b"110106")) == first
    assert read_update(update(ce_source="/another")) == first


@pytest.mark.parametrize(
    ("header", "good", "bad"),
    [
        ("ce_specversion", ["1.0"], ["1.1", "0.3", ""]),
        ("ce_type", ["district.library_update_requested.v1"], ["district.library_update_requested.v2", ""]),
        ("ce_id", [REQUEST, REQUEST.lower()], [REQUEST[:-1], REQUEST + "0", REQUEST.replace("-", ""), f" {REQUEST}"]),
        (
            "ce_time",
            ["2024-03-01T10:00:00Z", "2024-03-01T10:00:00.123456789+08:00", "2024-03-01T10:00:00.1-00:30"],
            [
                *("2024-03-01T10:00:00", "2024-03-01", "2024-03-01 10:00:00Z"),
                *("2024-03-01T10:00:00.1234567890Z", "2024-13-01T10:00:00Z"),
            ],
        ),
    ],
)
def test_an_update_whose_form_is_wrong_cannot_be_answered(header: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert read_update(update(changed={header: value})).data == VALUE
    for value in bad:
        with pytest.raises(ValueError, match=r".+"):
            read_update(update(changed={header: value}))


@pytest.mark.parametrize("header", ["ce_specversion", "ce_type", "ce_id", "ce_time"])
def test_an_update_without_a_header_cannot_be_answered(header: str) -> None:
    without = tuple(each for each in update().headers if each[0] != header)
    with pytest.raises(KeyError, match=header):
        read_update(replace(update(), headers=without))


@pytest.mark.parametrize(
    ("header", "bad"),
    [
        ("keyid", ["", "0123456789a", "0123456789abc", "0123456789AB", "0123456789ag"]),
        ("signature", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64]),
    ],
)
def test_a_key_or_signature_of_a_wrong_form_counts_as_none(header: str, bad: list[str]) -> None:
    for value in bad:
        assert read_update(update(changed={header: value})).headers[header] == ""
    without = tuple(each for each in update().headers if each[0] != header)
    assert read_update(replace(update(), headers=without)).headers[header] == ""


KEY = SimpleNamespace(id="0123456789ab", secret_hash=SECRET, revoked_at=None)


@pytest.mark.parametrize(
    ("changed", "key", "signed"),
    [
        ({}, {}, True),
        ({"requestid": REQUEST.lower()}, {}, False),
        ({"requesttime": "2024-03-01T10:00:01+08:00"}, {}, False),
        ({"signature": HEADERS["signature"][:-1] + "0"}, {}, HEADERS["signature"][-1] == "0"),
        ({"signature": ""}, {}, False),
        ({"keyid": "another"}, {}, True),
        ({}, {"secret_hash": SECRET[::-1]}, False),
        ({}, {"revoked_at": datetime(2024, 2, 1, tzinfo=UTC)}, False),
    ],
    ids=["as signed", "id", "time", "signature", "none", "key id is not signed", "another's secret", "revoked"],
)
def test_a_signature_covers_type_id_time_and_content(
    changed: dict[str, str], key: dict[str, Any], signed: bool
) -> None:
    message = read_update(update())
    given = replace(message, headers=message.headers | changed)
    assert _is_signed(given, SimpleNamespace(**(vars(KEY) | key))) is signed


def test_a_signature_over_another_content_or_type_is_none() -> None:
    assert not _is_signed(read_update(update(VALUE + b" ")), KEY)
    for type_name in ("district.library_update_requested.v2", "district.library_update_answered.v1"):
        forged = signature_of(type_name, REQUEST, TIME)
        assert not _is_signed(read_update(update(signature=forged)), KEY)


def test_a_verified_update_is_known_by_its_key_and_request_whatever_it_contains() -> None:
    first = read_update(update())
    same = [update(ce_id=REQUEST.lower()), update(VALUE + b" "), update(ce_time="2024-03-01T10:00:01+08:00")]
    assert {_update_id(read_update(each)) for each in (*same, update(signature="0" * 64))} == {_update_id(first)}
    others = [update(keyid="0123456789ac"), update(ce_id=str(uuid4()))]
    assert len({_update_id(first), *(_update_id(read_update(each)) for each in others)}) == 3


def parsed(register: Any, *keys: str) -> _ParsedUpdate:
    """Return an update of rows with these keys; a ? is an invalid row."""
    rows = [
        InvalidRow(None, None, []) if key == "?" else SimpleNamespace(district=key[0], external_id=key[1:])
        for key in keys
    ]
    return _ParsedUpdate(UpdateRef(uuid4(), UUID(int=1), "k", "110105"), Push(register, rows, "partial"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("updates", "runs"),
    [
        ("R:a1 R:a2 R:a3", [3]),
        ("R:a1 R:b1 R:a2", [3]),
        ("R:a1 R:a2 R:a1", [2, 1]),
        ("R:a1 L:a1 R:a2", [1, 1, 1]),
        ("R:a1,a2 R:a3 R:a3 R:a1", [2, 2]),
        ("R:? R:? R:a1", [3]),
        ("R:a1,a2 R:a3,a4 R:a5", [2, 1]),
        ("R:a1,a2,a3,a4,a5 R:a6", [1, 1]),
        ("R:a1 R:a2,a3,a4", [2]),
        ("", []),
    ],
)
def test_updates_are_recorded_together_while_they_fit(
    updates: str, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic, "MOST_ROWS", 4)
    registers = {"R": RESOURCES, "L": LIBRARY}
    given = [parsed(registers[each[0]], *each[2:].split(",")) for each in updates.split()]
    found = list(_mergeable_runs(given))
    assert [len(run) for run in found] == runs
    assert [each for run in found for each in run] == given
