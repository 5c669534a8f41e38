"""`tenghuan config`: what this installation is set to."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import Format, Operator, Output, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="What this installation is set to.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group of commands, though there is one."""


@app.command("check")
def check_config(form: Output = Format.table, operator: Operator = "") -> None:
    """Print the settings in force, without secrets; exit 4 where a service's database does not let us in."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        settings = operation.settings.redacted()
        rows = [{"setting": f"TENGHUAN_{name.upper()}", "value": value} for name, value in settings.items()]
        return Result(rows)

    run_command(Command("config check", services_of(None), {}, operator, form=form), work)
