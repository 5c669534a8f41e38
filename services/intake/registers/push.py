"""Recording of pushes, with one result per row (四（一）2)."""

from collections.abc import Sequence

from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers.parsing import InvalidRow, Push
from services.intake.registers.upsert import Outcome, SentRow, record_rows
from services.intake.rules.upsert import Refusal
from shared.contracts.library import ResourceRow
from shared.contracts.pushes import RowProblem, RowResult
from shared.errors import FieldProblem
from shared.web.field_messages import field_problems


class RowsRefused(RequestValidationError):
    """Refusal of an atomic push with faulty rows; nothing is recorded. `results` holds those of the faulty rows."""

    def __init__(self, results: list[RowResult]) -> None:
        self.results = results
        faults = [error for result in results if result.problem for error in result.problem.errors]
        super().__init__(
            [
                {"loc": tuple(each.pointer.split("/")[1:]), "type": each.code, "msg": each.detail, "told": True}
                for each in faults
            ]
        )


async def record_push(session: AsyncSession, push: Push) -> list[RowResult]:
    """Record the rows and return one result per row, in order. Raises RowsRefused; the caller rolls back."""
    (results,) = await record_pushes(session, [push])
    return results


async def record_pushes(session: AsyncSession, pushes: Sequence[Push]) -> list[list[RowResult]]:
    """Record pushes to one register as if in sequence; no key may occur in two of them.

    Raises RowsRefused if one of them is atomic and has a faulty row; the caller rolls all of them back.
    """
    sent: list[SentRow] = []
    places: list[tuple[int, int]] = []
    results: list[list[RowResult]] = [[] for _ in pushes]
    for number, push in enumerate(pushes):
        for index, row in enumerate(push.rows):
            if isinstance(row, InvalidRow):
                results[number].append(_invalid_result(index, row))
            else:
                reason = row.change_reason if isinstance(row, ResourceRow) else push.reason
                sent.append(SentRow(len(sent), row, reason))
                places.append((number, index))
    outcomes = await record_rows(session, pushes[0].register, sent)
    for (number, index), each, outcome in zip(places, sent, outcomes, strict=True):
        results[number].append(_row_result(index, each.row.external_id, outcome))
    for push, own in zip(pushes, results, strict=True):
        own.sort(key=lambda result: result.index)
        if push.mode == "atomic":
            _raise_for_refused(own)
    return results


def _raise_for_refused(results: Sequence[RowResult]) -> None:
    """Raise RowsRefused with every faulty row if there is one."""
    refused = [result for result in results if result.problem]
    if refused:
        raise RowsRefused(refused)


def _invalid_result(index: int, row: InvalidRow) -> RowResult:
    errors = [FieldProblem(**each) for each in field_problems(row.errors, "body", "rows", index)]
    problem = RowProblem(status=422, code="malformed", detail=errors[0].detail, errors=errors)
    return RowResult(index=index, external_id=row.external_id, status="refused", problem=problem)


def _row_result(index: int, external_id: str, outcome: Outcome) -> RowResult:
    problem = _row_problem(index, outcome.refusal) if outcome.refusal else None
    return RowResult(
        index=index,
        external_id=external_id,
        status=outcome.status,
        id=outcome.id,
        version=outcome.version,
        problem=problem,
    )


def _row_problem(index: int, refusal: Refusal) -> RowProblem:
    pointer = f"/body/rows/{index}" + (f"/{refusal.field}" if refusal.field else "")
    error = FieldProblem(pointer=pointer, code=refusal.code, detail=refusal.detail)
    return RowProblem(status=refusal.status, code=refusal.code, detail=refusal.detail, errors=[error])
