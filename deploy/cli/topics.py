"""`tenghuan topics`: what a broker must have before events can be carried."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import By, Format, Of, Shown, chosen

if TYPE_CHECKING:
    from deploy.cli.desk import Answer, Desk

app = typer.Typer(help="What a broker must have before events can be carried.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group of commands, though there is one."""


@app.command("create")
def create_topics(service: Of = None, form: Shown = Format.table, operator: By = "") -> None:
    """Make the topics that are missing; those there keep what they have."""
    from deploy.cli.desk import Answer, Away, Order, carry_out, say

    async def work(desk: "Desk") -> "Answer":
        from aiokafka.errors import KafkaError

        from shared.events.bus.topics import ensure_topics

        try:
            made = await ensure_topics(desk.settings, desk.order.services)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Away(f"The broker at {desk.settings.kafka_servers} is away or refuses: {error!r}") from error
        if not made:
            say("all topics are there")
        return Answer([{"topic": name} for name in made], detail={"made": made})

    carry_out(Order("topics create", chosen(service), {}, operator, form=form, changes=True), work)
