"""`tenghuan privacy`: the list of personal data, and the runs of retention."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import (
    DryRun,
    Format,
    OnlyService,
    Operator,
    Output,
    RequiredReason,
    Yes,
    services_of,
)

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


@app.command("erase")
def erase_person(
    subject: Annotated[str, typer.Option("--subject", help="Account of the person.")],
    order: Annotated[str, typer.Option("--order", help="Number of the written order.")],
    reason: RequiredReason,
    service: OnlyService = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Erase a person's account and name on a written order, also in sealed records; proofs stay valid.

    Prints what was erased and what is kept, and why. Repeating it is harmless. The order is recorded, not the account.
    """
    if not (order.strip() and subject.strip()):
        raise typer.BadParameter("--subject and --order must not be empty")
    from deploy.cli.operation import Command, run_command
    from deploy.cli.privacy_work import erased

    async def work(operation: "Operation") -> "Result":
        return await erased(operation, subject, yes=yes, dry_run=dry_run)

    named, services = {"order": order, "dry_run": dry_run}, services_of(service)
    run_command(Command("privacy erase", services, named, operator, reason, form, changes=not dry_run), work)
