"""`tenghuan people`: people entered in the directories from a list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import DryRun, Format, OnlyService, Operator, Output, RequiredReason, Yes, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The directories of people whom acts may name.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(help="CSV with the columns subject, name, role, district.", dir_okay=False)],
    reason: RequiredReason,
    service: OnlyService = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Enter the people of a CSV file, or correct their entries; a line for each role of a person.

    Prints what each line changes. With an error in any line nothing is written.
    """
    from deploy.cli.operation import Command, run_command
    from deploy.cli.people_work import imported, read_list

    try:
        listed = read_list(file)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None

    async def work(operation: "Operation") -> "Result":
        return await imported(operation, listed, yes=yes, dry_run=dry_run)

    arguments = {"file": file.name, "lines": len(listed), "dry_run": dry_run}
    run_command(
        Command("people import", services_of(service), arguments, operator, reason, form, changes=not dry_run), work
    )
