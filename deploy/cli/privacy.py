"""`tenghuan privacy`: the list of personal data, and the runs of retention."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="Personal data: what is held where and how long, and what was erased.", no_args_is_help=True)


@app.command("list")
def list_fields(service: OnlyService = None, form: Output = Format.table) -> None:
    """Print every column that holds personal data, with its kind, purpose and period (docs/privacy.md)."""
    from deploy.cli.output import print_rows
    from shared.privacy import NONE, register

    names = services_of(service)
    listed = register(names)
    rows = [
        {
            "service": name,
            "table": table,
            "column": column,
            "kind": kind,
            "purpose": listed.kinds[kind].purpose,
            "kept": listed.kinds[kind].kept,
            "then": listed.kinds[kind].then,
        }
        for name in names
        for table, kind, column in listed.columns(name)
        if kind != NONE
    ]
    print_rows(rows, form)


@app.command("runs")
def runs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Newest runs of each service.")] = 20,
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Print what retention erased: kinds with numbers, and the instants before which it was due."""
    from deploy.cli.operation import Command, run_command
    from deploy.cli.privacy_work import shown

    async def work(operation: "Operation") -> "Result":
        return await shown(operation, limit)

    run_command(Command("privacy runs", services_of(service), {"limit": limit}, operator, form=form), work)
