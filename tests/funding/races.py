"""Races of an act of funding with another transaction: the records that it needs, the changes that it meets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from deploy.demo.personas import Persona, applicant
from tests.funding import rows
from tests.funding.case import OWNER

APPLICATION = "SELECT FROM funding.application FOR NO KEY UPDATE"
CASE = "applications/{case}"
REASON = {"reason": "理由"}
OWNER_OF_CASE = applicant(OWNER, "示例置业有限公司")
GIVEN_BACK = "UPDATE funding.application SET returned_yuan = released_yuan"


@dataclass(frozen=True)
class Race:
    """An act of `who`, the status of its case, the records it needs, the transaction that it meets, and the answer.

    `body` is what the act sends, or gives it for the case.
    """

    who: str | Persona
    path: str
    body: Any
    answer: int | str
    lock: str
    change: str = ""
    status: str = "received"
    given: Callable[[UUID], tuple[str, ...]] = lambda case: ()


def records(table: str, status: str) -> Callable[[UUID], tuple[str, ...]]:
    return lambda case: (rows.row(table, case, status),)


def release_requested(case: UUID) -> tuple[str, ...]:
    plan = rows.row("investment_plan", case, "issued")
    payee = rows.row("payee_account", case, "confirmed")
    return payee, plan, rows.item(case), rows.row("release_request", case, "requested")


def both(*given: Callable[[UUID], tuple[str, ...]]) -> Callable[[UUID], tuple[str, ...]]:
    return lambda case: tuple(statement for each in given for statement in each(case))


def become(status: str) -> str:
    return f"UPDATE funding.application SET status = '{status}'"


def decided(table: str, status: str, **columns: str) -> str:
    more = "".join(f", {name} = {value}" for name, value in columns.items())
    return f"UPDATE funding.{table} SET status = '{status}'{more}"


def of_the_case(statement: str) -> str:
    """Return the statement that inserts a record, for the only case whichever its id."""
    return statement.replace(f"'{UUID(int=0)}'", "(SELECT id FROM funding.application)")
