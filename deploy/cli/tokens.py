"""`tenghuan personas` and `tenghuan token PERSONA`: signing in to the demonstration."""

import sys
from typing import Annotated

import typer

from deploy.cli.options import Format, Output


def personas(form: Output = Format.table) -> None:
    """List the demonstration's personas: name, role, district and what each is there for."""
    from deploy.cli.output import print_rows
    from deploy.demo.directory import directory

    print_rows([entry.row() for entry in directory().values()], form)


def token(persona: Annotated[str, typer.Argument(help="A name that `tenghuan personas` lists.")]) -> None:
    """Print a bearer token for a persona, where a demonstration was started with `make run`; never in production."""
    from deploy.demo.directory import directory
    from deploy.demo.personas import STORY_BEGINNING, TOKEN_HOURS, NoDemonstration, existing_signer
    from deploy.local.settings import settings_given

    settings = settings_given()
    try:
        signer = existing_signer(settings)
    except NoDemonstration as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    entry = directory().get(persona)
    if entry is None:
        raise typer.BadParameter(f"{persona!r} is no persona; `tenghuan personas` lists them")
    sys.stdout.write(signer.token(entry.persona, settings, STORY_BEGINNING, TOKEN_HOURS) + "\n")
