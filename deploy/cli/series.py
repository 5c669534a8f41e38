"""`tenghuan series`: dated figures listed, imported and confirmed over HTTP, each act in the name of a person."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import DryRun, Format, Output

if TYPE_CHECKING:
    import httpx

    from deploy.cli.output import Row

app = typer.Typer(
    help="Dated figures: LPR, parameters, readings, factors, calendars, lists of industries.", no_args_is_help=True
)
Kind = Annotated[str, typer.Argument(help="One of those of docs/series.md, such as lpr.")]
Url = Annotated[
    str, typer.Option("--url", help="Address of the service that owns the kind, such as http://127.0.0.1:8003.")
]
Token = Annotated[
    str, typer.Option("--token", envvar="TENGHUAN_TOKEN", help="Token of the person who acts.", show_envvar=True)
]
_SECONDS = 60.0


@app.command("list")
def list_series(
    kind: Kind,
    url: Url,
    versions: Annotated[bool, typer.Option("--versions", help="Corrected and struck versions too.")] = False,
    form: Output = Format.table,
) -> None:
    """List the confirmed figures of a kind."""
    from deploy.cli import series_work as work

    _run(url, "", form, lambda client: work.listed(client, _known(kind), versions=versions))


@app.command("import")
def import_series(
    kind: Kind,
    file: Annotated[Path, typer.Argument(help="CSV file in UTF-8 or GBK.", exists=True, dir_okay=False)],
    url: Url,
    document: Annotated[str, typer.Option("--document", help="Title of the source document.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the figures are entered.")],
    token: Token,
    document_no: Annotated[str, typer.Option("--document-no", help="Number of the source document.")] = "",
    documented_on: Annotated[
        datetime | None, typer.Option("--documented-on", formats=["%Y-%m-%d"], help="Day of the source document.")
    ] = None,
    paper: Annotated[
        Path | None, typer.Option("--paper", help="File of the source document.", exists=True, dir_okay=False)
    ] = None,
    dry_run: DryRun = False,
    form: Output = Format.table,
) -> None:
    """Enter the figures of a CSV file, all or none; they count once another person confirms them."""
    from deploy.cli import series_work as work

    body = {"kind": _known(kind), "document_title": document, "reason": reason}
    body |= {"document_no": document_no} if document_no else {}
    body |= {"documented_on": documented_on.date().isoformat()} if documented_on else {}
    document_file = (paper.name, paper.read_bytes()) if paper else None
    _run(
        url, token, form, lambda client: work.imported(client, body, file.read_bytes(), document_file, dry_run=dry_run)
    )


@app.command("confirm")
def confirm_series(
    batch: Annotated[str, typer.Argument(help="Id of the batch that was entered.")],
    url: Url,
    token: Token,
    form: Output = Format.table,
) -> None:
    """Confirm a batch that another person entered."""
    from deploy.cli import series_work as work

    _run(url, token, form, lambda client: work.confirmed(client, batch))


def _known(kind: str) -> str:
    from deploy.cli.series_work import owner_of

    try:
        owner_of(kind)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="KIND") from None
    return kind


def _run(url: str, token: str, form: Format, act: "Callable[[httpx.AsyncClient], Awaitable[list[Row]]]") -> None:
    """Run an act over HTTP and print its rows; exit 1 for a refusal, 4 for a service that does not answer."""
    import asyncio

    import httpx

    from deploy.cli.output import print_rows
    from deploy.cli.series_work import Refused

    async def work() -> "list[Row]":
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS) as client:
            return await act(client)

    try:
        print_rows(asyncio.run(work()), form)
    except Refused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    except httpx.HTTPError as error:
        typer.echo(f"{url} does not answer: {error}", err=True)
        raise typer.Exit(4) from None
