"""Answers to updates pushed to the topic, as events of bounded size (四（一）2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake.registers.kinds import RESOURCES
from services.intake.registers.parsing import Push
from shared.actors import Actor
from shared.contracts.intake import LibraryUpdateAnswered
from shared.contracts.pushes import RowProblem, RowResult, count_by_status
from shared.districts import CITY
from shared.errors import FieldProblem

PART_BYTES = 128 * 1024
"""Approximate limit of the rows in one event, in bytes; brokers limit the record size."""
MAX_ERRORS = 20
"""Most errors listed for one row, or for an update as a whole."""
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class UpdateRef:
    """Reference to the answered update: its id here, the sender's id for it, and the id of the API key."""

    update_id: UUID
    request_id: UUID
    key_id: str
    fallback_district: str
    """District that receives the part of the answer that belongs to no row of a district."""


def fallback_district_of(actor: Actor | None) -> str:
    """Return the first district of a key, or the city for a key of the whole city or an unknown key."""
    return CITY if actor is None or CITY in actor.districts else actor.districts[0]


def refusal_answers(ref: UpdateRef, problem: RowProblem) -> list[LibraryUpdateAnswered]:
    """Return the answer to an update refused before its rows were read."""
    return [_answer(ref, None, 1, 1, ref.fallback_district, _bounded_problem(problem), [])]


def result_answers(
    ref: UpdateRef, push: Push, results: Sequence[RowResult], districts: Sequence[str], problem: RowProblem | None
) -> list[LibraryUpdateAnswered]:
    """Return the answer row by row, addressed to the district of each row. With a problem, nothing was recorded."""
    parts = _split(ref, push, results, set(districts))
    return [
        _answer(ref, push, number, len(parts), district, problem, rows)
        for number, (district, rows) in enumerate(parts, 1)
    ]


def _split(
    ref: UpdateRef, push: Push, results: Sequence[RowResult], districts: set[str]
) -> list[tuple[str, list[RowResult]]]:
    """Split the results by district into parts of at most about PART_BYTES."""
    groups: list[tuple[str, list[RowResult]]] = []
    latest: dict[str, tuple[list[RowResult], int]] = {}
    for result in map(_bounded_result, results):
        named = push.rows[result.index].district
        district = named if named in districts else ref.fallback_district
        length = len(result.model_dump_json().encode())
        rows, filled = latest.get(district, ([], PART_BYTES))
        if filled + length > PART_BYTES:
            rows, filled = [], 0
            groups.append((district, rows))
        rows.append(result)
        latest[district] = (rows, filled + length)
    return groups


def _answer(
    ref: UpdateRef,
    push: Push | None,
    part: int,
    parts: int,
    district: str,
    problem: RowProblem | None,
    rows: Sequence[RowResult],
) -> LibraryUpdateAnswered:
    return LibraryUpdateAnswered(
        update_id=ref.update_id,
        request_id=ref.request_id,
        key_id=ref.key_id,
        part=part,
        parts=parts,
        district=district,
        book=push and ("resources" if push.register is RESOURCES else "library_entries"),
        mode=push and push.mode,
        decision="refused" if problem else "accepted",
        problem=problem,
        rows=tuple(rows),
        **count_by_status(rows),
    )


def _bounded_result(result: RowResult) -> RowResult:
    return result.model_copy(update={"problem": _bounded_problem(result.problem)}) if result.problem else result


def _bounded_problem(problem: RowProblem) -> RowProblem:
    """Return the problem with a bounded number of errors and bounded texts: both quote what the sender wrote."""
    errors = [_cut(error) for error in problem.errors[:MAX_ERRORS]]
    if len(problem.errors) > MAX_ERRORS:
        more = f"至少另有 {len(problem.errors) - MAX_ERRORS} 处问题未列出，请改正所列问题后重新报送"
        errors.append(FieldProblem(pointer="/body", code="more_errors", detail=more))
    return problem.model_copy(update={"detail": _cut_text(problem.detail), "errors": errors})


def _cut(error: FieldProblem) -> FieldProblem:
    return FieldProblem(pointer=_cut_text(error.pointer), code=error.code, detail=_cut_text(error.detail))


def _cut_text(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
