"""`tenghuan dlq`: dead letters, that is messages that nobody here understood."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from deploy.cli.options import All, By, DryRun, Format, Of, Required, Shown, Yes, chosen, some_or_all

if TYPE_CHECKING:
    from deploy.cli.desk import Answer, Desk, Outcome
    from deploy.cli.showing import Row

app = typer.Typer(help="Dead letters: messages that nobody here understood.", no_args_is_help=True)
Letters = Annotated[list[UUID] | None, typer.Argument(help="Dead letters, by id.")]
OfType = Annotated[str, typer.Option("--type", help="Only letters of this event type.")]


@app.command("list")
def list_letters(
    service: Of = None,
    kind: OfType = "",
    settled: Annotated[bool, typer.Option("--settled", help="Also those replayed or dropped.")] = False,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Dead letters that are open, oldest first."""
    from deploy.cli.desk import Answer, Order, carry_out

    async def work(desk: "Desk") -> "Answer":
        rows = await _letters(desk, None, kind, settled)
        return Answer([_brief(row) for row in rows], detail={"letters": len(rows)})

    arguments = {"type": kind, "settled": settled}
    carry_out(Order("dlq list", chosen(service), arguments, operator, form=form), work)


@app.command("show")
def show_letter(
    letter: Annotated[UUID, typer.Argument(help="The dead letter, by id.")],
    service: Of = None,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """A dead letter, whole: key, headers and value as they came, in Base64 and, where they are text, as such."""
    from deploy.cli.desk import Answer, Order, Refused, carry_out

    async def work(desk: "Desk") -> "Answer":
        rows = await _letters(desk, [letter], "", True)
        if not rows:
            raise Refused(f"there is no dead letter {letter}")
        return Answer([{**_brief(row), **_content(row)} for row in rows], upright=True)

    carry_out(Order("dlq show", chosen(service), {"letter": letter}, operator, form=form), work)


@app.command("replay")
def replay_letters(
    letters: Letters = None,
    everything: All = False,
    kind: OfType = "",
    service: Of = None,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Handle dead letters, now that this version understands them. They come late: what followed was handled."""
    some = some_or_all(letters, everything)
    from deploy.cli.desk import Answer, Order, carry_out, progress

    async def work(desk: "Desk") -> "Answer":
        found = await _unsettled(desk, some, kind)
        rows = []
        with progress(len(found)) as advance:
            for row in found:
                rows.append({**_named(row), "error": await _replayed(desk, row)})
                advance(1)
        return Answer(rows, _outcome(rows), {"replayed": [row["id"] for row in rows if row["error"] is None]})

    arguments = {"letters": some, "type": kind}
    carry_out(Order("dlq replay", chosen(service), arguments, operator, form=form, changes=True), work)


@app.command("drop")
def drop_letters(
    reason: Required,
    letters: Letters = None,
    everything: All = False,
    kind: OfType = "",
    service: Of = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Close dead letters without handling them. They stay on record."""
    some = some_or_all(letters, everything)
    from deploy.cli.desk import Answer, Order, carry_out

    async def work(desk: "Desk") -> "Answer":
        found = await _unsettled(desk, some, kind)
        if found and not dry_run:
            desk.ask(f"Close {len(found)} dead letters without handling them?", yes)
            await _drop(desk, found)
        return Answer([_named(row) for row in found], detail={"dropped": [row["id"] for row in found]})

    arguments = {"letters": some, "type": kind, "dry_run": dry_run}
    carry_out(Order("dlq drop", chosen(service), arguments, operator, reason, form, changes=not dry_run), work)


async def _unsettled(desk: "Desk", some: list[UUID] | None, kind: str) -> "list[Row]":
    """Those that can be dealt with. Raises Refused where none of those named can."""
    from deploy.cli.desk import Refused

    found = await _letters(desk, some, kind, False)
    if not found and some:
        raise Refused("there is no such dead letter, or it is settled")
    return found


async def _letters(desk: "Desk", some: list[UUID] | None, kind: str, settled: bool) -> "list[Row]":
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
    for service in desk.order.services:
        async with desk.session(service) as session:
            found += [{"service": service, **row} for row in (await session.execute(query)).mappings()]
    return found


def _named(row: "Row") -> "Row":
    return {name: row[name] for name in ("service", "id", "type", "event_id")}


def _brief(row: "Row") -> "Row":
    return {name: value for name, value in row.items() if name not in ("record", "settled_at")}


def _content(row: "Row") -> "Row":
    from base64 import b64decode

    def said(data: str | None) -> str | None:
        return None if data is None else b64decode(data).decode(errors="backslashreplace")

    record = row["record"]
    headers = {name: said(value) for name, value in record["headers"]}
    return {"key": said(record["key"]), "headers": headers, "value": said(record["value"]), "record_base64": record}


async def _replayed(desk: "Desk", row: "Row") -> str | None:
    """What is wrong with the letter still; None once it is handled."""
    from deploy.cli.desk import service_of
    from shared.events.bus import read_event
    from shared.events.inbox import NotReplayed
    from shared.storage.session import is_transient

    inlet = service_of(row["service"]).inlets.get(row["topic"] or "")
    read = read_event if inlet is None else inlet.read
    try:
        await desk.consumer(row["service"]).replay_dead_letter(row["id"], read)
    except NotReplayed as refusal:
        return str(refusal)
    except Exception as error:
        if is_transient(error):
            raise
        return repr(error)
    return None


async def _drop(desk: "Desk", rows: "list[Row]") -> None:
    from shared.events.dead_letters import settle

    for service in {row["service"] for row in rows}:
        async with desk.session(service) as session:
            for row in rows:
                if row["service"] == service:
                    await settle(session, row["id"], "dropped")


def _outcome(rows: "list[Row]") -> "Outcome":
    failed = sum(row["error"] is not None for row in rows)
    return "done" if not failed else "failed" if failed == len(rows) else "partial"
