"""Answers to updates of the topic: every field, parts of bounded size by district, bounded errors (四（一）2)."""

from typing import Any
from uuid import UUID

import pytest

from services.intake.registers import answers
from services.intake.registers.answers import UpdateRef, fallback_district_of, refusal_answers, result_answers
from services.intake.registers.kinds import LIBRARY, RESOURCES
from services.intake.registers.parsing import InvalidRow, Push
from shared.actors import WHOLE_CITY, Actor
from shared.contracts.pushes import Mode, RowProblem, RowResult
from shared.errors import FieldProblem
from tests.intake.sample_rows import CHAOYANG, FENGTAI

pytestmark = pytest.mark.clause("四（一）2")

UPDATE, REQUEST, ROW = UUID(int=1), UUID(int=2), UUID(int=3)
REF = UpdateRef(UPDATE, REQUEST, "0123456789ab", FENGTAI)


def problem(*, errors: int = 1, text: str = "有误") -> RowProblem:
    listed = [FieldProblem(pointer=f"/body/{n}", code=f"code_{n}", detail=text) for n in range(errors)]
    return RowProblem(status=422, code="malformed", detail=text, errors=listed)


def push(districts: list[str | None], register: Any = RESOURCES, mode: Mode = "partial") -> Push:
    return Push(register, [InvalidRow(f"R-{n}", code, []) for n, code in enumerate(districts)], mode)


def result(index: int, status: Any = "created", **fields: Any) -> RowResult:
    return RowResult(index=index, external_id=f"R-{index}", status=status, **fields)


@pytest.mark.parametrize(
    ("districts", "fallback"),
    [
        (None, "110000"),
        (WHOLE_CITY, "110000"),
        (("110106", "110105"), "110106"),
        (("110105",), "110105"),
    ],
)
def test_what_belongs_to_no_row_goes_to_the_first_district_of_the_key(districts: Any, fallback: str) -> None:
    holder = None if districts is None else Actor("key:x", "x", "system", districts)
    assert fallback_district_of(holder) == fallback


def test_every_field_of_a_refusal() -> None:
    (answer,) = refusal_answers(REF, problem())
    assert answer.model_dump() == {
        "district": FENGTAI,
        "applicant_uscc": None,
        "update_id": UPDATE,
        "request_id": REQUEST,
        "key_id": "0123456789ab",
        "part": 1,
        "parts": 1,
        "book": None,
        "mode": None,
        "decision": "refused",
        "problem": problem().model_dump(),
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "refused": 0,
        "rows": (),
    }


@pytest.mark.parametrize(("register", "book"), [(RESOURCES, "resources"), (LIBRARY, "library_entries")])
@pytest.mark.parametrize("mode", ["atomic", "partial"])
@pytest.mark.parametrize("refused", [None, problem()], ids=["accepted", "refused"])
def test_every_field_of_a_result(register: Any, book: str, mode: Mode, refused: RowProblem | None) -> None:
    sent = push([CHAOYANG] * 10, register, mode)
    statuses = ["created", "updated", "updated", "unchanged", "unchanged", "unchanged", *["refused"] * 4]
    rows = [result(index, status, id=ROW, version=index) for index, status in enumerate(statuses)]
    (answer,) = result_answers(REF, sent, rows, [CHAOYANG, FENGTAI], refused)
    assert answer.model_dump() == {
        "district": CHAOYANG,
        "applicant_uscc": None,
        "update_id": UPDATE,
        "request_id": REQUEST,
        "key_id": "0123456789ab",
        "part": 1,
        "parts": 1,
        "book": book,
        "mode": mode,
        "decision": "refused" if refused else "accepted",
        "problem": refused and refused.model_dump(),
        "created": 1,
        "updated": 2,
        "unchanged": 3,
        "refused": 4,
        "rows": tuple(row.model_dump() for row in rows),
    }


def test_rows_go_to_their_district_and_others_to_the_fallback() -> None:
    sent = push([CHAOYANG, None, FENGTAI, "110108", CHAOYANG])
    found = result_answers(REF, sent, [result(n) for n in range(5)], [CHAOYANG, FENGTAI], None)
    assert [(part.part, part.parts, part.district, [row.index for row in part.rows]) for part in found] == [
        (1, 2, CHAOYANG, [0, 4]),
        (2, 2, FENGTAI, [1, 2, 3]),
    ]


def test_a_part_is_filled_to_its_limit_and_counts_its_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    row = len(result(0).model_dump_json().encode())
    sent = push([CHAOYANG, FENGTAI, CHAOYANG, CHAOYANG, FENGTAI, CHAOYANG, CHAOYANG])
    rows = [result(n, "created" if n < 4 else "updated") for n in range(7)]
    for limit, parts in (
        (2 * row, [(CHAOYANG, [0, 2]), (FENGTAI, [1, 4]), (CHAOYANG, [3, 5]), (CHAOYANG, [6])]),
        (2 * row - 1, [(CHAOYANG, [0]), (FENGTAI, [1])] + [(code, [n]) for n, code in LATER]),
    ):
        monkeypatch.setattr(answers, "PART_BYTES", limit)
        found = result_answers(REF, sent, rows, [CHAOYANG, FENGTAI], None)
        assert [(part.district, [each.index for each in part.rows]) for part in found] == parts
        assert [(part.part, part.parts) for part in found] == [(n, len(parts)) for n in range(1, len(parts) + 1)]
        assert [part.created for part in found] == [sum(n < 4 for n in indexes) for _, indexes in parts]


LATER = [(2, CHAOYANG), (3, CHAOYANG), (4, FENGTAI), (5, CHAOYANG), (6, CHAOYANG)]


@pytest.mark.parametrize(("errors", "listed", "more"), [(19, 19, None), (20, 20, None), (21, 20, 1), (50, 20, 30)])
def test_at_most_twenty_errors_are_listed(errors: int, listed: int, more: int | None) -> None:
    wrong = result(0, "refused", problem=problem(errors=errors))
    (of_row,) = result_answers(REF, push([CHAOYANG]), [wrong], [CHAOYANG], None)
    (of_update,) = refusal_answers(REF, problem(errors=errors))
    assert of_row.rows[0].problem
    assert of_update.problem
    for said in (of_row.rows[0].problem, of_update.problem):
        codes = [error.code for error in said.errors]
        assert codes == [f"code_{n}" for n in range(listed)] + (["more_errors"] if more else [])
        if more:
            assert said.errors[-1].detail == f"至少另有 {more} 处问题未列出，请改正所列问题后重新报送"


@pytest.mark.parametrize(("length", "shown"), [(299, "x" * 299), (300, "x" * 300), (301, "x" * 300 + "…")])
def test_a_text_has_at_most_three_hundred_characters(length: int, shown: str) -> None:
    (answer,) = refusal_answers(REF, problem(text="x" * length))
    assert answer.problem
    assert (answer.problem.detail, answer.problem.errors[0].detail) == (shown, shown)
    pointer = FieldProblem(pointer="x" * length, code="c", detail="d")
    (answer,) = refusal_answers(REF, RowProblem(status=422, code="c", detail="d", errors=[pointer]))
    assert answer.problem
    assert answer.problem.errors == [FieldProblem(pointer=shown, code="c", detail="d")]
