"""`tenghuan config`: what this installation is set to."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import By, Format, Shown, chosen

if TYPE_CHECKING:
    from deploy.cli.desk import Answer, Desk

app = typer.Typer(help="What this installation is set to.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group of commands, though there is one."""


@app.command("check")
def check_config(form: Shown = Format.table, operator: By = "") -> None:
    """Print the settings in force, without secrets; exit 4 where a service's database does not let us in."""
    from deploy.cli.desk import Answer, Order, carry_out

    async def work(desk: "Desk") -> "Answer":
        settings = desk.settings.redacted()
        rows = [{"setting": f"TENGHUAN_{name.upper()}", "value": value} for name, value in settings.items()]
        return Answer(rows)

    carry_out(Order("config check", chosen(None), {}, operator, form=form), work)
