"""`tenghuan tokens`: revoked tokens. `tenghuan personas` and `tenghuan token PERSONA`: the demonstration's sign-in."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, RequiredReason, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="Tokens of people that were revoked before they expired.", no_args_is_help=True)


@app.command("revoke")
def revoke_tokens(
    reason: RequiredReason,
    subject: Annotated[str, typer.Option("--subject", help="Every token that this account has had until now.")] = "",
    token_id: Annotated[str, typer.Option("--token-id", help="The token with this id (jti).")] = "",
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Revoke tokens: every process refuses them within seconds. The revocation ends when they have expired."""
    if bool(subject) == bool(token_id):
        raise typer.BadParameter("give --subject or --token-id")
    from deploy.cli.operation import Command, Result, login_name, run_command
    from shared.storage.revocations import revoke

    async def work(operation: "Operation") -> "Result":
        rows = []
        for name in operation.command.services:
            async with operation.session(name) as session:
                who = operator or login_name()
                until = await revoke(session, who, reason, token_id=token_id or None, subject=subject or None)
            rows.append({"service": name, "subject": subject or None, "token_id": token_id or None, "until": until})
        return Result(rows)

    arguments = {"subject": subject, "token_id": token_id}
    run_command(Command("tokens revoke", services_of(service), arguments, operator, reason, form, changes=True), work)


@app.command("list")
def list_revocations(service: OnlyService = None, form: Output = Format.table, operator: Operator = "") -> None:
    """List the revocations in force, newest first."""
    from deploy.cli.operation import Command, Result, run_command

    async def work(operation: "Operation") -> "Result":
        from sqlalchemy import select

        from shared.storage.session import now
        from shared.storage.tables import revoked_token

        rows = []
        shown = [column for column in revoked_token.c if column.name != "id"]
        for name in operation.command.services:
            async with operation.session(name) as session:
                query = select(*shown).where(revoked_token.c.until > now(session))
                found = (await session.execute(query.order_by(revoked_token.c.id.desc()))).mappings()
                rows += [{"service": name, **row} for row in found]
        return Result(rows)

    run_command(Command("tokens list", services_of(service), {}, operator, form=form), work)


def personas(form: Output = Format.table) -> None:
    """List the demonstration's personas: name, role, district and purpose."""
    from deploy.cli.output import print_rows
    from deploy.demo.directory import directory

    print_rows([entry.row() for entry in directory().values()], form)


def token(personas: Annotated[list[str], typer.Argument(help="Names that `tenghuan personas` lists.")]) -> None:
    """Print a bearer token for each persona, one per line, where `make run` started a demonstration."""
    from deploy.demo.directory import directory
    from deploy.demo.personas import STORY_BEGINNING, TOKEN_HOURS, NoDemonstration, existing_signer
    from deploy.local.settings import settings_given

    settings, entries = settings_given(), directory()
    try:
        signer = existing_signer(settings)
    except NoDemonstration as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    if unknown := [name for name in personas if name not in entries]:
        raise typer.BadParameter(f"{', '.join(unknown)}: no such persona; `tenghuan personas` lists them")
    for name in personas:
        sys.stdout.write(signer.token(entries[name].persona, settings, STORY_BEGINNING, TOKEN_HOURS) + "\n")
