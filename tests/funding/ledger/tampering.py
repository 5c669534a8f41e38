"""Statements by which a superuser without triggers changes the books of the story, and the names of the invariants.

`$name` stands for an id of `told_books.ToldBooks`.
"""

from uuid import UUID

from services.funding.ledger.postings import AccountCode, case_account
from services.funding.ledger.reconciliation import RECONCILED
from tests.funding.ledger.planted import Named

(
    POSTED, BUDGETS, RECORDED, CONFIRMED, AWARDS, CUTS, MADE, APPROVALS, PROJECTS, PLANS, CHANGED,
    ROUTE, EVENTS, REQUESTS, BARS, DEMANDS, RECEIPTS, CLAWBACKS, CASES,
    LINES, SENT_BACK, ORDERS, FILES, ANSWERS, RETURNED, DAYS,
    CLAIMED, SUBSIDISED, WITHIN, CALCULATED,
) = RECONCILED  # fmt: skip
UNKNOWN = UUID(int=999)
Tampering = dict[str, tuple[list[str], Named]]
"""Changes by name, and what the invariants between ledger and business then name."""


def row(table: str, change: str, of: str, key: str = "id") -> str:
    return f"UPDATE funding.{table} SET {change} WHERE {key} = '${of}'"


def barred(raised: int, *, lifted: int | None = None) -> list[str]:
    """Return the changes that lay a bar on the grant, raised and lifted by acts of these numbers."""
    bar = UUID(int=77)
    changes = [
        "INSERT INTO funding.money_bar (id, application_id, money_id, district, applicant_uscc, basis, status,"
        f" evidence, raised_by, raised_at) SELECT '{bar}', '$grant', gen_random_uuid(), '110105', 'x', 'entity',"
        " 'lifted', 'x', 'x', now()"
    ]
    for name, number in (("raise_money_bar", raised), ("lift_money_bar", lifted)):
        if number is not None:
            changes.append(
                "INSERT INTO funding.act (id, case_id, act, actor, actor_name, role, district, at, detail)"
                f" OVERRIDING SYSTEM VALUE VALUES ({number}, '$grant', '{name}', 'x', 'x', 'system', '110105', now(),"
                f" jsonb_build_object('bar_id', '{bar}'))"
            )
    return changes


def gone(table: str, of: str, key: str = "id") -> str:
    return f"DELETE FROM {table} WHERE {key} = '${of}'"


def transfer(change: str, of: str) -> str:
    return f"UPDATE funding_ledger.transfer SET {change} WHERE id = '${of}'"


def account(column: str, change: str, case: int, code: AccountCode) -> str:
    number = case_account(UUID(int=case), code)
    return f"UPDATE funding_ledger.account SET {column} = {column} {change} WHERE id = {number}"


def event(kind: str, of: str, /, **fields: str) -> str:
    """Return the change of fields of the event of a type that names an id."""
    body = "convert_from(payload, 'UTF8')::jsonb"
    for field, value in fields.items():
        body = f"jsonb_set({body}, '{{{field}}}', '{value}')"
    return f"UPDATE funding.event_log SET payload = convert_to(({body})::text, 'UTF8') WHERE {_of(kind, of)}"


def event_row(change: str, kind: str, of: str) -> str:
    return f"UPDATE funding.event_log SET {change} WHERE {_of(kind, of)}"


def no_event(kind: str, of: str) -> str:
    return f"DELETE FROM funding.event_log WHERE {_of(kind, of)}"


def event_again(kind: str, of: str) -> str:
    columns = "aggregate_type, aggregate_id, agg_seq + 1000, type, district, applicant_uscc, actor, role, occurred_at"
    return (
        "INSERT INTO funding.event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district,"
        " applicant_uscc, actor, role, occurred_at, payload)"
        f" SELECT gen_random_uuid(), {columns}, payload FROM funding.event_log WHERE {_of(kind, of)}"
    )


def _of(kind: str, of: str) -> str:
    return f"type = 'funding.{kind}.v1' AND convert_from(payload, 'UTF8') LIKE '%${of}%'"


def act(change: str, name: str, of: str) -> str:
    return f"UPDATE funding.act SET {change} WHERE act = '{name}' AND case_id = '${of}'"


def act_again(name: str, of: str) -> str:
    columns = "case_id, act, actor, actor_name, role, district, applicant_uscc, at, reason, detail"
    again = f"SELECT {columns} FROM funding.act WHERE act = '{name}' AND case_id = '${of}'"
    return f"INSERT INTO funding.act ({columns}) {again}"


def no_act(name: str, of: str) -> str:
    return f"DELETE FROM funding.act WHERE act = '{name}' AND case_id = '${of}'"
