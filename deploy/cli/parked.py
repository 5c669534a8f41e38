"""`tenghuan parked`: events whose handler failed, and the events that wait behind them."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from deploy.cli.options import (
    Aggregates,
    All,
    DryRun,
    Format,
    OnlyService,
    Operator,
    Output,
    RequiredReason,
    Source,
    Yes,
    ids_or_all,
    services_of,
)

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Outcome, Result
    from deploy.cli.output import Row

app = typer.Typer(help="Events whose handler failed, and the events that wait behind them.", no_args_is_help=True)
Aggregate = Annotated[UUID, typer.Argument(help="The project or entity, by id.")]

_QUEUES = """
SELECT source, aggregate_id, count(*) AS events, min(agg_seq) AS first_seq,
       coalesce((SELECT seq FROM stream_seen AS s WHERE (s.source, s.aggregate_id) = (p.source, p.aggregate_id)), 0)
           AS seen_seq,
       (array_agg(message ->> 'type' ORDER BY agg_seq))[1] AS type,
       (array_agg(attempts ORDER BY agg_seq))[1] AS attempts,
       min(parked_at) AS parked_at,
       (array_agg(error ORDER BY agg_seq))[1] AS error
FROM parked AS p
WHERE (CAST(:source AS text) IS NULL OR source = :source)
AND (CAST(:aggregates AS uuid[]) IS NULL OR aggregate_id = ANY (:aggregates))
GROUP BY source, aggregate_id ORDER BY min(parked_at), aggregate_id
"""


@app.command("list")
def list_parked(
    service: OnlyService = None, source: Source = None, form: Output = Format.table, operator: Operator = ""
) -> None:
    """List aggregates with parked events: their number, the first one and its error."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        rows = await _queues(operation, source, None)
        return Result(rows, detail={"aggregates": len(rows)})

    run_command(Command("parked list", services_of(service), {"source": source}, operator, form=form), work)


@app.command("show")
def show_parked(
    aggregate: Aggregate,
    service: OnlyService = None,
    source: Source = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Print the parked events of an aggregate."""
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        rows = [row for each in operation.command.services for row in await _events(operation, each, source, aggregate)]
        if not rows:
            raise Refused(f"{aggregate} has no parked event")
        return Result(rows, detail={"events": len(rows)}, upright=True)

    arguments = {"aggregate": aggregate, "source": source}
    run_command(Command("parked show", services_of(service), arguments, operator, form=form), work)


@app.command("replay")
def replay_parked(
    aggregates: Aggregates = None,
    everything: All = False,
    service: OnlyService = None,
    source: Source = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Handle parked events in order, once the cause is fixed; one that fails again stays, with its successors."""
    some = ids_or_all(aggregates, everything)
    from deploy.cli.operation import Command, Refused, Result, progress, run_command

    async def work(operation: "Operation") -> "Result":
        queues = await _queues(operation, source, some)
        if not queues and some:
            raise Refused("none of these has a parked event")
        rows = []
        with progress(len(queues)) as advance:
            for queue in queues:
                rows.append(await _replayed(operation, queue))
                advance(1)
        return Result(rows, _outcome(rows), {"replayed": rows})

    arguments = {"aggregates": some, "source": source}
    run_command(Command("parked replay", services_of(service), arguments, operator, form=form, changes=True), work)


@app.command("drop")
def drop_parked(
    aggregate: Aggregate,
    reason: RequiredReason,
    first: Annotated[bool, typer.Option("--first", help="Only the first event; the others can be replayed.")] = False,
    service: OnlyService = None,
    source: Source = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Drop an aggregate's parked events: they are never handled, and later events are."""
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        queues = await _queues(operation, source, [aggregate])
        if not queues:
            raise Refused(f"{aggregate} has no parked event")
        if dry_run:
            return Result(queues, detail={"dry_run": True})
        many = len(queues) if first else sum(queue["events"] for queue in queues)
        operation.confirm(f"Drop {many} parked events of {aggregate} for good?", yes)
        rows = [row for queue in queues for row in await _dropped(operation, queue, first)]
        return Result(rows, detail={"dropped": rows})

    arguments = {"aggregate": aggregate, "source": source, "first": first, "dry_run": dry_run}
    order = Command("parked drop", services_of(service), arguments, operator, reason, form, changes=not dry_run)
    run_command(order, work)


async def _queues(operation: "Operation", source: str | None, aggregates: list[UUID] | None) -> "list[Row]":
    return [row for each in operation.command.services for row in await _queues_of(operation, each, source, aggregates)]


async def _queues_of(
    operation: "Operation", service: str, source: str | None, aggregates: list[UUID] | None
) -> "list[Row]":
    from sqlalchemy import text

    async with operation.session(service) as session:
        rows = await session.execute(text(_QUEUES), {"source": source, "aggregates": aggregates})
        return [{"service": service, **row} for row in rows.mappings()]


async def _events(operation: "Operation", service: str, source: str | None, aggregate: UUID) -> "list[Row]":
    from sqlalchemy import select

    from shared.events.bus import Message
    from shared.storage.tables import parked

    query = select(parked).where(parked.c.aggregate_id == aggregate).order_by(parked.c.source, parked.c.agg_seq)
    if source is not None:
        query = query.where(parked.c.source == source)
    async with operation.session(service) as session:
        rows = (await session.execute(query)).all()
    return [_event(service, row, Message.from_record(row.message)) for row in rows]


def _event(service: str, row: Any, message: Any) -> "Row":
    return {
        "service": service,
        **{name: message.attributes()[name] for name in ("source", "subject", "sequence", "type", "id", "time")},
        "parked_at": row.parked_at,
        "attempts": row.attempts,
        "error": row.error,
        "data": message.data.decode(errors="backslashreplace"),
    }


async def _replayed(operation: "Operation", queue: "Row") -> "Row":
    key = _key(queue)
    gone = await operation.consumer(key["service"]).replay_parked(key["source"], key["aggregate_id"])
    left = await _queues_of(operation, key["service"], key["source"], [key["aggregate_id"]])
    remaining, error = (left[0]["events"], left[0]["error"]) if left else (0, None)
    return {**key, "handled": gone, "remaining": remaining, "error": error}


def _key(row: "Row") -> "Row":
    return {name: row[name] for name in ("service", "source", "aggregate_id")}


def _outcome(rows: "list[Row]") -> "Outcome":
    if not any(row["remaining"] for row in rows):
        return "done"
    return "partial" if any(row["handled"] for row in rows) else "failed"


async def _dropped(operation: "Operation", queue: "Row", first: bool) -> "list[Row]":
    from shared.events.parking import drop_parked

    async with operation.session(queue["service"]) as session:
        ids = await drop_parked(session, (queue["source"], queue["aggregate_id"]), only_first=first)
    return [{**_key(queue), "event_id": event_id} for event_id in ids]
