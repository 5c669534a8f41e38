"""`tenghuan bus`: the bus that carries a database's events."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, RequiredReason, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The bus that carries the events of a database.", no_args_is_help=True)
Bus = StrEnum("Bus", ["inprocess", "kafka"])


@app.command("show")
def show_bus(service: OnlyService = None, form: Output = Format.table, operator: Operator = "") -> None:
    """Print the bus that carries each service's events; none before the first start with a bus."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        from deploy.local.carrier import carrier

        rows = []
        for each in operation.command.services:
            async with operation.as_relay(each) as connection:
                rows.append({"service": each, "bus": await carrier(connection, each)})
        return Result(rows)

    run_command(Command("bus show", services_of(service), {}, operator, form=form), work)


@app.command("use")
def use_bus(
    bus: Annotated[Bus, typer.Argument(help="The bus from now on.")],
    reason: RequiredReason,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Change over to another bus, once the outboxes are empty and no relay runs; the suite starts with it afterwards.

    The new bus has no event from before: `events replay --from 0` announces them again.
    """
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        from deploy.cli.outbox import lag_of
        from deploy.local.carrier import change_over

        rows = [await lag_of(operation, each) for each in operation.command.services]
        if any(row["shards_owned"] for row in rows):
            raise Refused("The suite is running: stop it first")
        if waiting := sum(row["waiting"] for row in rows):
            raise Refused(f"{waiting} events wait in the outbox: start the suite with the present bus until none waits")
        await change_over(operation.settings, bus.value, operation.command.services)
        return Result([{"service": each, "bus": bus.value} for each in operation.command.services])

    run_command(Command("bus use", services_of(None), {"bus": bus}, operator, reason, form, changes=True), work)
