"""`tenghuan topics`: the topics that the services need."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The topics that the services need.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("create")
def create_topics(service: OnlyService = None, form: Output = Format.table, operator: Operator = "") -> None:
    """Create the topics that are missing; existing topics stay as they are."""
    from deploy.cli.operation import Away, Command, Result, run_command, say

    async def work(operation: "Operation") -> "Result":
        from aiokafka.errors import KafkaError

        from shared.events.bus.topics import ensure_topics

        try:
            made = await ensure_topics(operation.settings, operation.command.services)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Away(f"The broker at {operation.settings.kafka_servers} is away or refuses: {error!r}") from error
        if not made:
            say("all topics exist")
        return Result([{"topic": name} for name in made], detail={"made": made})

    run_command(Command("topics create", services_of(service), {}, operator, form=form, changes=True), work)
