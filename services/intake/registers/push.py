"""Recording what a district sent together, and telling it row by row what became of it (四（一）2)."""

from collections.abc import Sequence

from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers.parsing import Misfit, Push
from services.intake.registers.upsert import Outcome, Sent, record_rows
from services.intake.rules.recording import Refusal
from shared.contracts.library import ResourceRow
from shared.contracts.pushes import RowProblem, RowResult
from shared.errors import FieldProblem
from shared.web.app import field_problems


class RowsRefused(RequestValidationError):
    """An atomic push with rows at fault: none is to be recorded. `results` are those of the rows at fault."""

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
    """Record the rows; one result per row, in order. Raises RowsRefused: the caller rolls back."""
    (results,) = await record_pushes(session, [push])
    return results


async def record_pushes(session: AsyncSession, pushes: Sequence[Push]) -> list[list[RowResult]]:
    """Record pushes to one book as if one followed the other; no row may occur in two of them.

    Raises RowsRefused when any of them is atomic and at fault: the caller rolls all of them back.
    """
    sent: list[Sent] = []
    places: list[tuple[int, int]] = []
    results: list[list[RowResult]] = [[] for _ in pushes]
    for number, push in enumerate(pushes):
        for index, row in enumerate(push.rows):
            if isinstance(row, Misfit):
                results[number].append(_misfit_result(index, row))
            else:
                reason = row.change_reason if isinstance(row, ResourceRow) else push.reason
                sent.append(Sent(len(sent), row, reason))
                places.append((number, index))
    outcomes = await record_rows(session, pushes[0].book, sent)
    for (number, index), each, outcome in zip(places, sent, outcomes, strict=True):
        results[number].append(_row_result(index, each.row.external_id, outcome))
    for push, own in zip(pushes, results, strict=True):
        own.sort(key=lambda result: result.index)
        if push.mode == "atomic":
            _refuse_all(own)
    return results


def _refuse_all(results: Sequence[RowResult]) -> None:
    """Refuse the whole push, naming every row and field at fault, if any is."""
    refused = [result for result in results if result.problem]
    if refused:
        raise RowsRefused(refused)


def _misfit_result(index: int, misfit: Misfit) -> RowResult:
    errors = [FieldProblem(**each) for each in field_problems(misfit.errors, "body", "rows", index)]
    problem = RowProblem(status=422, code="malformed", detail=errors[0].detail, errors=errors)
    return RowResult(index=index, external_id=misfit.external_id, status="refused", problem=problem)


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
