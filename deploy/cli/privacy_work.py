"""The work of `tenghuan privacy`."""

from sqlalchemy import select

from deploy.cli.operation import Operation, Result
from deploy.cli.output import Row
from shared.storage.retention import COMMAND
from shared.storage.tables import operation as recorded


async def shown(operation: Operation, limit: int) -> Result:
    """Return a row for each rule of the newest runs of each service, newest first."""
    rows: list[Row] = []
    for service in operation.command.services:
        async with operation.session(service) as session:
            query = select(recorded).where(recorded.c.command == COMMAND).order_by(recorded.c.id.desc()).limit(limit)
            found = (await session.execute(query)).all()
        rows += [
            {"service": service, "at": run.at, "rule": rule, "erased": number, "before": run.detail["before"][rule]}
            for run in found
            for rule, number in run.detail["erased"].items()
        ]
    return Result(rows)
