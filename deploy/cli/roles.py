"""`tenghuan roles`: the logins of the services."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import Format, OnlyService, Operator, Output, RequiredReason, services_of

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The database logins of the services.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("rotate")
def rotate(
    reason: RequiredReason,
    service: OnlyService = None,
    form: Output = Format.table,
    operator: Operator = "",
) -> None:
    """Give each role the password of TENGHUAN_<SERVICE>_<ROLE>_NEXT_PASSWORD; its old one is refused from then on.

    Processes that know both passwords go on; docs/operations.md has the steps.
    """
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        from shared.settings import ROLE_KINDS
        from shared.storage.migrate import rotate_passwords

        settings, services = operation.settings, operation.command.services
        roles = [f"{kind}_{each}" for each in services for kind in ROLE_KINDS]
        rotated = [role for role in roles if settings.next_password(role)]
        if not rotated:
            raise Refused("no new password is named: set TENGHUAN_<SERVICE>_APP_NEXT_PASSWORD and the like")
        try:
            await rotate_passwords(settings, services)
        except ValueError as error:
            raise Refused(str(error)) from error
        return Result([{"role": role} for role in rotated], detail={"roles": rotated})

    run_command(Command("roles rotate", services_of(service), {}, operator, reason, form, changes=True), work)
