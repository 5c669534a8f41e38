"""`tenghuan audit`: seals of records, checked against records, files and checkpoints that others hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, RequiredReason, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result
    from deploy.cli.output import Row
    from shared.sealing.verify import Report

app = typer.Typer(help="Seals of records: verify them, print checkpoints, make keys.", no_args_is_help=True)


@app.command("verify")
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="File of checkpoints that were printed or exported.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="File of public keys, one a line; otherwise the settings'.")
    ] = None,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Hash the stored files again.")] = True,
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Name every record that was altered, inserted or removed by hand; exit 3 when there is one."""
    from deploy.cli.audit_work import verified
    from deploy.cli.operation import Command, run_command

    async def work(operation: "Operation") -> "Result":
        return await verified(operation, checkpoint, public_key, files=files)

    arguments = {"checkpoint": checkpoint and str(checkpoint), "files": files}
    run_command(Command("audit verify", services_of(service), arguments, operator, form=form), work)


@app.command("checkpoint")
def checkpoint(
    to: Annotated[Path | None, typer.Option("--to", help="File to write; otherwise stdout.")] = None,
    service: OnlyService = None,
    operator: Operator = "",
) -> None:
    """Print the newest signed checkpoint of each service, for print or notary."""
    from deploy.cli.audit_work import exported
    from deploy.cli.operation import Command, run_command

    async def work(operation: "Operation") -> "Result":
        return await exported(operation, to)

    run_command(Command("audit checkpoint", services_of(service), {"to": to and str(to)}, operator), work)


@app.command("accept")
def accept(
    records: Annotated[list[str], typer.Argument(help="Records as `kind key`, as verify prints them.")],
    reason: RequiredReason,
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Have records sealed as they are now, which verify reports and which you have explained; the reason is sealed."""
    from deploy.cli.audit_work import accepted
    from deploy.cli.operation import Command, run_command

    if service is None:
        raise typer.BadParameter("name the service with --service")
    pairs = [each.split(" ", 1) for each in records]
    if not all(len(pair) == 2 for pair in pairs):
        raise typer.BadParameter("a record reads `kind key`, such as 'funding.approval 0190…'")

    async def work(operation: "Operation") -> "Result":
        return await accepted(operation, pairs)

    run_command(
        Command("audit accept", services_of(service), {"rows": pairs}, operator, reason, form=form, changes=True), work
    )


@app.command("keygen")
def keygen(
    name: Annotated[str, typer.Argument(help="Name of the key: …/<service>, such as tenghuan/intake.")],
) -> None:
    """Make a key that signs checkpoints: the private key on stdout, the public key on stderr."""
    from deploy.cli.operation import say
    from shared.sealing.note import SigningKey, UnreadableNote

    try:
        key = SigningKey.new(name)
    except UnreadableNote as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(key.text())
    say(str(key.public))


def rows_of(service: str, report: "Report") -> "list[Row]":
    """Return a row for each fault, or one that says how much was found sound."""
    faults = [
        {
            "service": service,
            "kind": fault.kind,
            "key": fault.key,
            "fault": fault.fault,
            "checkpoint": size,
            "detail": fault.detail,
        }
        for fault, size in report.faults
    ]
    sound = (
        f"{report.records} records, {report.leaves} leaves, {report.checkpoints} checkpoints, {report.files} files; "
        f"{report.pending} not sealed yet"
    )
    blank = {"service": service, "kind": "", "key": "", "fault": "none", "checkpoint": None, "detail": sound}
    return faults or [blank]
