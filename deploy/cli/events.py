"""`tenghuan events`: replay of logged events."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from deploy.cli.options import (
    DryRun,
    Format,
    OnlyService,
    Operator,
    Output,
    ServiceName,
    moment_or_position,
    services_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.cli.operation import Operation, Outcome, Result
    from deploy.cli.output import Row
    from shared.events.replay import LogRange

app = typer.Typer(help="Replay of logged events.", no_args_is_help=True)
_BATCH = 1000


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("replay")
def replay_events(
    since: Annotated[str, typer.Option("--from", help="First position in the log, or an instant.")],
    until: Annotated[str, typer.Option("--to", help="Last position, or an instant; otherwise the end.")] = "",
    service: OnlyService = None,
    consumer: Annotated[
        ServiceName | None,
        typer.Option("--consumer", help="Deliver them to this service only, without the bus."),
    ] = None,
    aggregate: Annotated[UUID | None, typer.Option("--aggregate", help="Only events of this aggregate.")] = None,
    dry_run: DryRun = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Announce logged events again with their ids: a consumer that handled them before drops them.

    They go back into the outbox, for the relay to carry to everybody; with --consumer, straight to that one service.
    """
    first, last = moment_or_position(since), moment_or_position(until) if until else None
    sources = _sources(service, consumer, any(isinstance(end, int) and end > 0 for end in (first, last)))
    from deploy.cli.operation import Command, Result, run_command
    from shared.events.replay import find_range

    async def work(operation: "Operation") -> "Result":
        rows = []
        for source in sources:
            async with operation.session(source) as session:
                part = await find_range(session, first, last, aggregate)
            rows.append(await _replayed(operation, source, part, consumer, dry_run))
        return Result(rows, _outcome(rows), {"replayed": rows})

    named = {"from": since, "to": until, "sources": sources, "consumer": consumer, "aggregate": aggregate}
    concerned = (consumer.value,) if consumer else sources
    run_command(Command("events replay", concerned, named, operator, form=form, changes=not dry_run), work)


def _sources(service: ServiceName | None, consumer: ServiceName | None, by_position: bool) -> tuple[str, ...]:
    """Return the services whose events are replayed. Raises BadParameter for one without handlers at the consumer."""
    sources = services_of(service)
    if by_position and service is None:
        raise typer.BadParameter("a position is one service's: name it by --service, or give an instant")
    if consumer is None:
        return sources
    from services import load

    heard = load(consumer).sources()
    if service is not None and service.value not in heard:
        raise typer.BadParameter(f"{consumer.value} does not handle events of {service.value}")
    return tuple(source for source in sources if source in heard)


async def _replayed(
    operation: "Operation", source: str, part: "LogRange", consumer: ServiceName | None, dry_run: bool
) -> "Row":
    from deploy.cli.operation import progress
    from shared.events.replay import count

    async with operation.session(source) as session:
        many = await count(session, part)
    row: Row = {"service": source, "first": part.first, "last": part.last, "events": many}
    if dry_run or not many:
        return row
    with progress(many) as advance:
        if consumer is None:
            return row | {"requeued": await _requeue(operation, source, part, advance)}
        return row | {"consumer": consumer.value} | await _delivered(operation, source, part, consumer, advance)


async def _requeue(operation: "Operation", source: str, part: "LogRange", advance: "Callable[[int], None]") -> int:
    from shared.events.replay import requeue

    total, after = 0, part.first - 1
    while True:
        async with operation.session(source) as session:
            many, after = await requeue(session, part, after, _BATCH)
        if not many:
            return total
        total += many
        advance(many)


async def _delivered(
    operation: "Operation", source: str, part: "LogRange", consumer: ServiceName, advance: "Callable[[int], None]"
) -> "Row":
    from shared.events.replay import read

    listening, after = operation.consumer(consumer.value), part.first - 1
    while True:
        async with operation.session(source) as session:
            messages, after = await read(session, source, part, after, _BATCH)
        if not messages:
            break
        await listening.deliver(messages)
        advance(len(messages))
    names = {"handle": "handled", "park": "parked", "bury": "dead_lettered"}
    return {name: listening.tally[verdict] for verdict, name in names.items()}


def _outcome(rows: "list[Row]") -> "Outcome":
    return "partial" if any(row.get("parked") or row.get("dead_lettered") for row in rows) else "done"
