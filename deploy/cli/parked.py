"""`tenghuan parked`: events that could not be handled, and those that wait behind them."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from deploy.cli.options import (
    Aggregates,
    All,
    By,
    DryRun,
    Format,
    Of,
    Required,
    Shown,
    Source,
    Yes,
    chosen,
    some_or_all,
)

if TYPE_CHECKING:
    from deploy.cli.desk import Answer, Desk, Outcome
    from deploy.cli.showing import Row

app = typer.Typer(help="Events that could not be handled, and those that wait behind them.", no_args_is_help=True)
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
def list_parked(service: Of = None, source: Source = None, form: Shown = Format.table, operator: By = "") -> None:
    """Each aggregate with parked events: how many, the first one, and why it is parked."""
    from deploy.cli.desk import Answer, Order, carry_out

    async def work(desk: "Desk") -> "Answer":
        rows = await _queues(desk, source, None)
        return Answer(rows, detail={"aggregates": len(rows)})

    carry_out(Order("parked list", chosen(service), {"source": source}, operator, form=form), work)


@app.command("show")
def show_parked(
    aggregate: Aggregate, service: Of = None, source: Source = None, form: Shown = Format.table, operator: By = ""
) -> None:
    """The parked events of an aggregate, whole."""
    from deploy.cli.desk import Answer, Order, Refused, carry_out

    async def work(desk: "Desk") -> "Answer":
        rows = [row for each in desk.order.services for row in await _events(desk, each, source, aggregate)]
        if not rows:
            raise Refused(f"nothing of {aggregate} is parked")
        return Answer(rows, detail={"events": len(rows)}, upright=True)

    arguments = {"aggregate": aggregate, "source": source}
    carry_out(Order("parked show", chosen(service), arguments, operator, form=form), work)


@app.command("replay")
def replay_parked(
    aggregates: Aggregates = None,
    everything: All = False,
    service: Of = None,
    source: Source = None,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Handle parked events in order, after the cause was mended; what fails again stays, with what follows it."""
    some = some_or_all(aggregates, everything)
    from deploy.cli.desk import Answer, Order, Refused, carry_out, progress

    async def work(desk: "Desk") -> "Answer":
        queues = await _queues(desk, source, some)
        if not queues and some:
            raise Refused("nothing of that is parked")
        rows = []
        with progress(len(queues)) as advance:
            for queue in queues:
                rows.append(await _replayed(desk, queue))
                advance(1)
        return Answer(rows, _outcome(rows), {"replayed": rows})

    arguments = {"aggregates": some, "source": source}
    carry_out(Order("parked replay", chosen(service), arguments, operator, form=form, changes=True), work)


@app.command("drop")
def drop_parked(
    aggregate: Aggregate,
    reason: Required,
    first: Annotated[bool, typer.Option("--first", help="Only the first event; the others can be replayed.")] = False,
    service: Of = None,
    source: Source = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Give up an aggregate's parked events: they are never handled, and what comes later flows on."""
    from deploy.cli.desk import Answer, Order, Refused, carry_out

    async def work(desk: "Desk") -> "Answer":
        queues = await _queues(desk, source, [aggregate])
        if not queues:
            raise Refused(f"nothing of {aggregate} is parked")
        if dry_run:
            return Answer(queues, detail={"dry_run": True})
        many = len(queues) if first else sum(queue["events"] for queue in queues)
        desk.ask(f"Give up {many} parked events of {aggregate} for good?", yes)
        rows = [row for queue in queues for row in await _dropped(desk, queue, first)]
        return Answer(rows, detail={"dropped": rows})

    arguments = {"aggregate": aggregate, "source": source, "first": first, "dry_run": dry_run}
    order = Order("parked drop", chosen(service), arguments, operator, reason, form, changes=not dry_run)
    carry_out(order, work)


async def _queues(desk: "Desk", source: str | None, aggregates: list[UUID] | None) -> "list[Row]":
    return [row for each in desk.order.services for row in await _queues_of(desk, each, source, aggregates)]


async def _queues_of(desk: "Desk", service: str, source: str | None, aggregates: list[UUID] | None) -> "list[Row]":
    from sqlalchemy import text

    async with desk.session(service) as session:
        rows = await session.execute(text(_QUEUES), {"source": source, "aggregates": aggregates})
        return [{"service": service, **row} for row in rows.mappings()]


async def _events(desk: "Desk", service: str, source: str | None, aggregate: UUID) -> "list[Row]":
    from sqlalchemy import select

    from shared.events.bus import Message
    from shared.storage.tables import parked

    query = select(parked).where(parked.c.aggregate_id == aggregate).order_by(parked.c.source, parked.c.agg_seq)
    if source is not None:
        query = query.where(parked.c.source == source)
    async with desk.session(service) as session:
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


async def _replayed(desk: "Desk", queue: "Row") -> "Row":
    named = _named(queue)
    gone = await desk.consumer(named["service"]).replay_parked(named["source"], named["aggregate_id"])
    left = await _queues_of(desk, named["service"], named["source"], [named["aggregate_id"]])
    remaining, error = (left[0]["events"], left[0]["error"]) if left else (0, None)
    return {**named, "handled": gone, "remaining": remaining, "error": error}


def _named(row: "Row") -> "Row":
    return {name: row[name] for name in ("service", "source", "aggregate_id")}


def _outcome(rows: "list[Row]") -> "Outcome":
    if not any(row["remaining"] for row in rows):
        return "done"
    return "partial" if any(row["handled"] for row in rows) else "failed"


async def _dropped(desk: "Desk", queue: "Row", first: bool) -> "list[Row]":
    from shared.events.parking import give_up

    async with desk.session(queue["service"]) as session:
        ids = await give_up(session, (queue["source"], queue["aggregate_id"]), only_first=first)
    return [{**_named(queue), "event_id": event_id} for event_id in ids]
