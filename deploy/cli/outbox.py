"""`tenghuan outbox`: events that wait for the bus."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result
    from deploy.cli.output import Row

app = typer.Typer(help="Events that wait for the bus.", no_args_is_help=True)

# A relay holds an advisory lock for each of its shards while it lives (shared/events/relay.py).
_LAG = """
SELECT (SELECT count(*) FROM outbox) AS waiting,
       (SELECT min(occurred_at) FROM outbox) AS oldest_at,
       (SELECT count(*) FROM event_log WHERE position IS NULL) AS unplaced,
       (SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND granted AND objid::bigint % 100 BETWEEN 1 AND 16
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND application_name = 'relay-' || current_schema()) AS shards_owned
"""


@app.command("lag")
def lag(
    service: OnlyService = None,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", min=0, help="Exit 3 when an event waits longer.")
    ] = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Print waiting rows, the age of the oldest, rows without feed position, and the shards of 16 that a relay owns."""
    from deploy.cli.operation import Command, Result, run_command, say

    async def work(operation: "Operation") -> "Result":
        rows = [await lag_of(operation, each) for each in operation.command.services]
        late = [row for row in rows if max_seconds is not None and (row["oldest_seconds"] or 0) > max_seconds]
        for row in late:
            say(f"{row['service']}: an event has waited {row['oldest_seconds']} s")
        return Result(rows, "check_failed" if late else "done", {"waiting": sum(row["waiting"] for row in rows)})

    arguments = {"max_seconds": max_seconds}
    run_command(Command("outbox lag", services_of(service), arguments, operator, form=form), work)


async def lag_of(operation: "Operation", service: str) -> "Row":
    """Return the outbox rows of a service, the age of the oldest, and the number of shards that a relay owns."""
    from sqlalchemy import text

    async with operation.as_relay(service) as connection:
        row = (await connection.execute(text(_LAG))).one()
    waited = None if row.oldest_at is None else round((operation.clock.now() - row.oldest_at).total_seconds(), 3)
    return {
        "service": service,
        "waiting": row.waiting,
        "oldest_seconds": waited,
        "unplaced": row.unplaced,
        "shards_owned": row.shards_owned,
    }
