"""`tenghuan config`: the settings of this installation."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import Format, Operator, Output, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The settings of this installation.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("check")
def check_config(form: Output = Format.table, operator: Operator = "") -> None:
    """Print the settings in force, without secrets; exit 4 where a service cannot log in to its database."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        settings = operation.settings.redacted()
        rows = [{"setting": f"TENGHUAN_{name.upper()}", "value": value} for name, value in settings.items()]
        return Result(rows)

    run_command(Command("config check", services_of(None), {}, operator, form=form), work)
