"""`tenghuan dlq`: dead letters, messages that no consumer can read."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from deploy.cli.options import (
    All,
    DryRun,
    Format,
    OnlyService,
    Operator,
    Output,
    RequiredReason,
    Yes,
    ids_or_all,
    services_of,
)

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Outcome, Result
    from deploy.cli.output import Row

app = typer.Typer(help="Dead letters: messages that no consumer can read.", no_args_is_help=True)
Letters = Annotated[list[UUID] | None, typer.Argument(help="Dead letters, by id.")]
OfType = Annotated[str, typer.Option("--type", help="Only letters of this event type.")]


@app.command("list")
def list_letters(
    service: OnlyService = None,
    kind: OfType = "",
    settled: Annotated[bool, typer.Option("--settled", help="Also letters that were replayed or dropped.")] = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """List open dead letters, oldest first."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        rows = await _letters(operation, None, kind, settled)
        return Result([_brief(row) for row in rows], detail={"letters": len(rows)})

    arguments = {"type": kind, "settled": settled}
    run_command(Command("dlq list", services_of(service), arguments, operator, form=form), work)


@app.command("show")
def show_letter(
    letter: Annotated[UUID, typer.Argument(help="The dead letter, by id.")],
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Print a dead letter: key, headers and value in Base64, and as text where they are text."""
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        rows = await _letters(operation, [letter], "", True)
        if not rows:
            raise Refused(f"there is no dead letter {letter}")
        return Result([{**_brief(row), **_content(row)} for row in rows], upright=True)

    run_command(Command("dlq show", services_of(service), {"letter": letter}, operator, form=form), work)


@app.command("replay")
def replay_letters(
    letters: Letters = None,
    everything: All = False,
    kind: OfType = "",
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Handle dead letters that this version can read. They come late: later events were handled before them."""
    some = ids_or_all(letters, everything)
    from deploy.cli.operation import Command, Result, progress, run_command

    async def work(operation: "Operation") -> "Result":
        found = await _unsettled(operation, some, kind)
        rows = []
        with progress(len(found)) as advance:
            for row in found:
                rows.append({**_named(row), "error": await _replayed(operation, row)})
                advance(1)
        return Result(rows, _outcome(rows), {"replayed": [row["id"] for row in rows if row["error"] is None]})

    arguments = {"letters": some, "type": kind}
    run_command(Command("dlq replay", services_of(service), arguments, operator, form=form, changes=True), work)


@app.command("drop")
def drop_letters(
    reason: RequiredReason,
    letters: Letters = None,
    everything: All = False,
    kind: OfType = "",
    service: OnlyService = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Close dead letters without handling them. Their rows are kept."""
    some = ids_or_all(letters, everything)
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        found = await _unsettled(operation, some, kind)
        if found and not dry_run:
            operation.confirm(f"Close {len(found)} dead letters without handling them?", yes)
            await _drop(operation, found)
        return Result([_named(row) for row in found], detail={"dropped": [row["id"] for row in found]})

    arguments = {"letters": some, "type": kind, "dry_run": dry_run}
    run_command(Command("dlq drop", services_of(service), arguments, operator, reason, form, changes=not dry_run), work)


async def _unsettled(operation: "Operation", some: list[UUID] | None, kind: str) -> "list[Row]":
    """Return the open letters among those named. Raises Refused when there is none."""
    from deploy.cli.operation import Refused

    found = await _letters(operation, some, kind, False)
    if not found and some:
        raise Refused("there is no such dead letter, or it is settled")
    return found


async def _letters(operation: "Operation", some: list[UUID] | None, kind: str, settled: bool) -> "list[Row]":
    from sqlalchemy import select

    from shared.storage.tables import dead_letter

    query = select(dead_letter).order_by(dead_letter.c.at, dead_letter.c.aggregate_id, dead_letter.c.agg_seq)
    if some is not None:
        query = query.where(dead_letter.c.id.in_(some))
    if kind:
        query = query.where(dead_letter.c.type == kind)
    if not settled:
        query = query.where(dead_letter.c.settled_at.is_(None))
    found: list[Row] = []
    for service in operation.command.services:
        async with operation.session(service) as session:
            found += [{"service": service, **row} for row in (await session.execute(query)).mappings()]
    return found


def _named(row: "Row") -> "Row":
    return {name: row[name] for name in ("service", "id", "type", "event_id")}


def _brief(row: "Row") -> "Row":
    return {name: value for name, value in row.items() if name not in ("record", "settled_at")}


def _content(row: "Row") -> "Row":
    from base64 import b64decode

    def as_text(data: str | None) -> str | None:
        return None if data is None else b64decode(data).decode(errors="backslashreplace")

    record = row["record"]
    headers = {name: as_text(value) for name, value in record["headers"]}
    return {
        "key": as_text(record["key"]),
        "headers": headers,
        "value": as_text(record["value"]),
        "record_base64": record,
    }


async def _replayed(operation: "Operation", row: "Row") -> str | None:
    """Handle the letter and return its error; None once it is handled."""
    from services import load
    from shared.events.bus import read_event
    from shared.events.inbox import NotReplayed
    from shared.storage.session import is_transient

    inbound = load(row["service"]).inbound_topics.get(row["topic"] or "")
    read = read_event if inbound is None else inbound.read
    try:
        await operation.consumer(row["service"]).replay_dead_letter(row["id"], read)
    except NotReplayed as refusal:
        return str(refusal)
    except Exception as error:
        if is_transient(error):
            raise
        return repr(error)
    return None


async def _drop(operation: "Operation", rows: "list[Row]") -> None:
    from shared.events.dead_letters import settle

    for service in {row["service"] for row in rows}:
        async with operation.session(service) as session:
            for row in rows:
                if row["service"] == service:
                    await settle(session, row["id"], "dropped")


def _outcome(rows: "list[Row]") -> "Outcome":
    failed = sum(row["error"] is not None for row in rows)
    return "done" if not failed else "failed" if failed == len(rows) else "partial"
