"""What a district's system is told about an update it pushed to the topic, in events of bounded size (四（一）2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake.registers.kinds import RESOURCES
from services.intake.registers.parsing import Push
from shared.actors import Actor
from shared.contracts.intake import LibraryUpdateAnswered
from shared.contracts.pushes import RowProblem, RowResult, counted
from shared.districts import CITY
from shared.errors import FieldProblem

PART_BYTES = 128 * 1024
"""About how long the rows of one event may be; brokers take no record of any length."""
MOST_ERRORS = 20
"""Of one row, or of an update as a whole."""
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """The update that is answered: its identity here, the sender's own id for it, and the key it came under."""

    update_id: UUID
    request_id: UUID
    key_id: str
    home: str
    """The district that is told what concerns no district's row."""


def home_of(actor: Actor | None) -> str:
    """The district of a key, the first of several, the city for a key of the whole city or for no known key."""
    return CITY if actor is None or CITY in actor.districts else actor.districts[0]


def refusal(asked: Asked, problem: RowProblem) -> list[LibraryUpdateAnswered]:
    """The answer to an update that was refused before its rows were looked at."""
    return [_part(asked, None, 1, 1, asked.home, _bounded(problem), [])]


def outcome(
    asked: Asked, push: Push, results: Sequence[RowResult], districts: Sequence[str], problem: RowProblem | None
) -> list[LibraryUpdateAnswered]:
    """The answer, row by row: rows of each of these districts go to it. With a problem nothing was recorded."""
    parts = _parcels(asked, push, results, set(districts))
    return [
        _part(asked, push, number, len(parts), district, problem, rows)
        for number, (district, rows) in enumerate(parts, 1)
    ]


def _parcels(
    asked: Asked, push: Push, results: Sequence[RowResult], districts: set[str]
) -> list[tuple[str, list[RowResult]]]:
    """The results by district, in parcels that are not too long."""
    parcels: list[tuple[str, list[RowResult]]] = []
    latest: dict[str, tuple[list[RowResult], int]] = {}
    for result in map(_short, results):
        said = push.rows[result.index].district
        district = said if said in districts else asked.home
        length = len(result.model_dump_json().encode())
        rows, filled = latest.get(district, ([], PART_BYTES))
        if filled + length > PART_BYTES:
            rows, filled = [], 0
            parcels.append((district, rows))
        rows.append(result)
        latest[district] = (rows, filled + length)
    return parcels


def _part(
    asked: Asked,
    push: Push | None,
    part: int,
    parts: int,
    district: str,
    problem: RowProblem | None,
    rows: Sequence[RowResult],
) -> LibraryUpdateAnswered:
    return LibraryUpdateAnswered(
        update_id=asked.update_id,
        request_id=asked.request_id,
        key_id=asked.key_id,
        part=part,
        parts=parts,
        district=district,
        book=push and ("resources" if push.book is RESOURCES else "library_entries"),
        mode=push and push.mode,
        decision="refused" if problem else "accepted",
        problem=problem,
        rows=tuple(rows),
        **counted(rows),
    )


def _short(result: RowResult) -> RowResult:
    return result.model_copy(update={"problem": _bounded(result.problem)}) if result.problem else result


def _bounded(problem: RowProblem) -> RowProblem:
    """The problem without what a sender could make endless: the number of errors, and names and values quoted."""
    errors = [_cut(error) for error in problem.errors[:MOST_ERRORS]]
    if len(problem.errors) > MOST_ERRORS:
        more = f"另有 {len(problem.errors) - MOST_ERRORS} 处问题未列出"
        errors.append(FieldProblem(pointer="/body", code="more_errors", detail=more))
    return problem.model_copy(update={"detail": _cut_text(problem.detail), "errors": errors})


def _cut(error: FieldProblem) -> FieldProblem:
    return FieldProblem(pointer=_cut_text(error.pointer), code=error.code, detail=_cut_text(error.detail))


def _cut_text(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
