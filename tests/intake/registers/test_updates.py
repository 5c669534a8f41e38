"""Updates of the topic without a database: parsing, ids, signature, runs recorded together (四（一）2)."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from fastapi.exceptions import RequestValidationError

from services.intake.registers import topic
from services.intake.registers.answers import UpdateRef
from services.intake.registers.kinds import LIBRARY, RESOURCES
from services.intake.registers.parsing import InvalidRow, Push, parse_library_batch, parse_resource_batch, parse_update
from services.intake.registers.topic import read_update
from shared.actors import hash_secret
from shared.contracts.library import ResourceRow
from shared.events.bus import Record
from tests.intake.registers.district_system import System
from tests.intake.sample_rows import CHAOYANG, FENGTAI, project, resource

pytestmark = pytest.mark.clause("四（一）2")

SYSTEM = System("th_live_0123456789ab_secret")
REQUEST, OTHER_REQUEST = str(uuid4()), str(uuid4())
VALUE = b'{"book": "resources"}'
SPOILT: dict[str, dict[str, Any]] = {
    "request": {"ce_id": OTHER_REQUEST},
    "time": {"ce_time": "2024-03-01T10:00:01+08:00"},
    "key": {"keyid": "0123456789ac"},
    "signature": {"signature": "0" * 64},
    "value": {},
}


def spoilt(part: str) -> Record:
    """Return a record of which one part was changed after the signing."""
    if part == "value":
        return replace(SYSTEM.signed(VALUE, REQUEST), value=VALUE + b" ")
    return SYSTEM.signed(VALUE, REQUEST, **SPOILT[part])


@pytest.mark.parametrize("part", SPOILT)
def test_each_part_of_an_update_makes_another_id_until_it_is_verified(part: str) -> None:
    right = read_update(SYSTEM.signed(VALUE, REQUEST))
    assert read_update(SYSTEM.signed(VALUE, REQUEST)).id == right.id
    assert read_update(spoilt(part)).id != right.id


def key(**changed: Any) -> Any:
    return SimpleNamespace(**{"secret_hash": hash_secret("secret"), "revoked_at": None} | changed)


@pytest.mark.parametrize("part", [part for part in SPOILT if part != "key"])
def test_the_signature_covers_each_part(part: str) -> None:
    assert topic._is_signed(read_update(SYSTEM.signed(VALUE, REQUEST)), key())
    assert not topic._is_signed(read_update(spoilt(part)), key())


def test_only_a_key_in_force_signs() -> None:
    message = read_update(SYSTEM.signed(VALUE, REQUEST))
    assert not topic._is_signed(message, key(secret_hash=hash_secret("other")))
    assert not topic._is_signed(message, key(revoked_at="2024-02-29"))


def test_a_verified_update_is_known_by_key_and_request() -> None:
    other_key = System("th_live_0123456789ac_secret")
    same = [SYSTEM.signed(VALUE, REQUEST), SYSTEM.signed(VALUE + b" ", REQUEST.upper())]
    others = [SYSTEM.signed(VALUE, OTHER_REQUEST), other_key.signed(VALUE, REQUEST)]
    ids = [topic._update_id(read_update(record)) for record in same + others]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def rows(*names: str, district: str = CHAOYANG) -> list[ResourceRow | InvalidRow]:
    return [ResourceRow.model_validate(resource(name, district)) for name in names]


def runs(*pushes: Push) -> list[list[int]]:
    """Return the places of the updates of each run."""
    ref = UpdateRef(uuid4(), uuid4(), "key", CHAOYANG)
    updates = [topic._ParsedUpdate(ref, push) for push in pushes]
    found = [[id(each.push) for each in run] for run in topic._mergeable_runs(updates)]
    places = {id(push): place for place, push in enumerate(pushes)}
    return [[places[each] for each in run] for run in found]


def test_updates_are_recorded_together_up_to_a_common_key_another_register_or_the_limit() -> None:
    def ledger(*names: str, **of: str) -> Push:
        return Push(RESOURCES, rows(*names, **of), "atomic")

    library = Push(LIBRARY, [InvalidRow("P-1", CHAOYANG, [])], "atomic")
    many = [f"R-{n}" for n in range(999)]
    assert runs() == []
    assert runs(ledger("A"), ledger("B"), ledger("A", district=FENGTAI)) == [[0, 1, 2]]
    assert runs(ledger("A"), ledger("B", "A"), ledger("C")) == [[0], [1, 2]]
    assert runs(ledger("A"), ledger("B"), ledger("A"), ledger("B")) == [[0, 1], [2, 3]]
    assert runs(ledger("A"), library, ledger("A")) == [[0], [1], [2]]
    assert runs(ledger(*many), ledger("A"), ledger("B")) == [[0, 1], [2]]
    assert runs(ledger(*many), ledger("A", "B")) == [[0], [1]]
    assert runs(ledger(*many, "A", "B")) == [[0]]
    invalid = Push(RESOURCES, [InvalidRow("A", CHAOYANG, [])], "atomic")
    assert runs(ledger("A"), invalid) == [[0, 1]]


def sent(**body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def test_a_push_names_its_register_mode_and_reason() -> None:
    ledger, library = [resource()], [project()]
    reason = {"change_reason": "调整"}
    found = [
        parse_resource_batch(sent(rows=ledger), "partial"),
        parse_library_batch(sent(rows=library, **reason), "atomic"),
        parse_library_batch(sent(rows=library), "partial"),
        parse_update(sent(book="resources", rows=ledger)),
        parse_update(sent(book="resources", rows=ledger, mode="partial")),
        parse_update(sent(book="library_entries", rows=library, mode="partial", **reason)),
        parse_update(sent(book="library_entries", rows=library)),
    ]
    assert [(push.register.table, push.mode, push.reason, len(push.rows)) for push in found] == [
        ("resource", "partial", None, 1),
        ("library_entry", "atomic", "调整", 1),
        ("library_entry", "partial", None, 1),
        ("resource", "atomic", None, 1),
        ("resource", "partial", None, 1),
        ("library_entry", "partial", "调整", 1),
        ("library_entry", "atomic", None, 1),
    ]
    assert {push.keys() == {(CHAOYANG, "R-1" if push.register is RESOURCES else "P-1")} for push in found} == {True}


@pytest.mark.parametrize("bad", [False, True], ids=["valid rows", "with an invalid row"])
@pytest.mark.parametrize(("many", "accepted"), [(0, False), (1, True), (1000, True), (1001, False)])
def test_a_push_has_one_to_a_thousand_rows(many: int, accepted: bool, bad: bool) -> None:
    wrong = [7] if bad and many else []
    ledger = [resource(f"R-{n}") for n in range(many - len(wrong))] + wrong
    library = [project(f"P-{n}") for n in range(many - len(wrong))] + wrong
    parsers: tuple[Callable[[], Push], ...] = (
        lambda: parse_resource_batch(sent(rows=ledger), "partial"),
        lambda: parse_library_batch(sent(rows=library), "partial"),
        lambda: parse_update(sent(book="resources", rows=ledger)),
        lambda: parse_update(sent(book="library_entries", rows=library)),
    )
    for parse in parsers:
        if accepted:
            assert len(parse().rows) == many
        else:
            with pytest.raises(RequestValidationError) as refused:
                parse()
            assert [error["loc"] for error in refused.value.errors()] == [("body", "rows")]


@pytest.mark.parametrize(
    ("row", "external_id", "district"),
    [
        (resource("x" * 64, kind="castle"), "x" * 64, CHAOYANG),
        (resource("x" * 65), "x" * 64, CHAOYANG),
        (resource("", FENGTAI), "", FENGTAI),
        (resource() | {"external_id": 7, "district": 8}, None, None),
        ({"external_id": "R-1"}, "R-1", None),
        ([], None, None),
    ],
)
def test_an_invalid_row_keeps_what_names_it(row: Any, external_id: str | None, district: str | None) -> None:
    (kept,) = parse_resource_batch(sent(rows=[row]), "partial").rows
    assert isinstance(kept, InvalidRow)
    assert (kept.external_id, kept.district) == (external_id, district)
    assert kept.errors
