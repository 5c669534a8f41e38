"""`tenghuan bus`: which bus carries the events of a database."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import By, Format, Of, Required, Shown, chosen

if TYPE_CHECKING:
    from deploy.cli.desk import Answer, Desk

app = typer.Typer(help="Which bus carries the events of a database.", no_args_is_help=True)
Bus = StrEnum("Bus", ["inprocess", "kafka"])


@app.command("show")
def show_bus(service: Of = None, form: Shown = Format.table, operator: By = "") -> None:
    """Print the bus that carries each service's events; none before the first start with a bus."""
    from deploy.cli.desk import Answer, Order, carry_out

    async def work(desk: "Desk") -> "Answer":
        from deploy.local.carrier import carrier

        rows = []
        for each in desk.order.services:
            async with desk.as_relay(each) as connection:
                rows.append({"service": each, "bus": await carrier(connection, each)})
        return Answer(rows)

    carry_out(Order("bus show", chosen(service), {}, operator, form=form), work)


@app.command("use")
def use_bus(
    bus: Annotated[Bus, typer.Argument(help="The bus from now on.")],
    reason: Required,
    form: Shown = Format.table,
    operator: By = "",
) -> None:
    """Change over to another bus, once the outboxes are empty and no relay runs; the suite starts with it afterwards.

    The new bus has no event from before: `events replay --from 0` announces them again.
    """
    from deploy.cli.desk import Answer, Order, Refused, carry_out

    async def work(desk: "Desk") -> "Answer":
        from deploy.cli.outbox import lag_of
        from deploy.local.carrier import change_over

        rows = [await lag_of(desk, each) for each in desk.order.services]
        if any(row["shards_owned"] for row in rows):
            raise Refused("The suite is running: stop it first")
        if waiting := sum(row["waiting"] for row in rows):
            raise Refused(f"{waiting} events wait in the outbox: start the suite with the present bus until none waits")
        await change_over(desk.settings, bus.value, desk.order.services)
        return Answer([{"service": each, "bus": bus.value} for each in desk.order.services])

    carry_out(Order("bus use", chosen(None), {"bus": bus}, operator, reason, form, changes=True), work)
