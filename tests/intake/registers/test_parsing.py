"""Parsing of pushes without a database: register, mode and reason, limits, rows that are invalid (四（一）2)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from services.intake.registers.kinds import RESOURCES
from services.intake.registers.parsing import InvalidRow, Push, parse_library_batch, parse_resource_batch, parse_update
from tests.intake.sample_rows import CHAOYANG, FENGTAI, project, resource

pytestmark = pytest.mark.clause("四（一）2")


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
