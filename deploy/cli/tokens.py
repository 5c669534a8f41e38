"""`tenghuan personas` and `tenghuan token PERSONA`: signing in to the demonstration."""

import sys
from typing import Annotated

import typer

from deploy.cli.options import Format, Output


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
