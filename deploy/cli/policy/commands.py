"""Commands of `tenghuan policy`. They work without a database, by the figures of the package, or ask a service.

Exit codes: 0 eligible or equal, 1 refused or unreadable, 2 wrong usage, 3 not eligible or an answer differs, 4 a
service is away, 5 undetermined.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deploy.cli.policy.rules import Terms
    from deploy.cli.policy.shown import Shown

app = typer.Typer(help="The rules: show, compare, judge a file, judge again, try a threshold.", no_args_is_help=True)
Edition = Annotated[str, typer.Argument(help="Edition, such as 2023.")]
File = Annotated[
    Path, typer.Argument(help="Projects as CSV, JSON or TOML; fields as in the API.", exists=True, dir_okay=False)
]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day whose rules apply; otherwise today.")
]
District = Annotated[str, typer.Option("--district", help="District code, such as 110105.")]
Readings = Annotated[
    list[str] | None, typer.Option("--reading", help="Reading of the notice as key=option; may be repeated.")
]
Changes = Annotated[list[str] | None, typer.Option("--set", help="Changed parameter as key=value; may be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs instead of tables.")]
Url = Annotated[str, typer.Option("--url", help="Address of the eligibility service, such as http://127.0.0.1:8002.")]
Token = Annotated[
    str, typer.Option("--token", envvar="TENGHUAN_TOKEN", help="Token of the person who asks.", show_envvar=True)
]


@app.command("show")
def show(
    edition: Edition = "2023",
    as_of: AsOf = None,
    district: District = "",
    readings: Readings = None,
    as_json: AsJson = False,
) -> None:
    """Show an edition: clauses with their rules, parameters on a day, readings."""
    from deploy.cli.policy.rules import shown_edition

    _run(lambda: shown_edition(edition, _terms(as_of, district, readings)), as_json)


@app.command("diff")
def diff(
    before: Edition,
    after: Edition,
    as_of: AsOf = None,
    district: District = "",
    readings: Readings = None,
    as_json: AsJson = False,
) -> None:
    """Compare two editions rule by rule, input by input, parameter by parameter."""
    from deploy.cli.policy.rules import differences

    _run(lambda: differences(before, after, _terms(as_of, district, readings)), as_json)


@app.command("check")
def check(
    file: File,
    as_of: AsOf = None,
    district: District = "",
    readings: Readings = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the decision into a .svg, .mmd or .txt file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the projects of a file, in words; exit 3 if one is not eligible, else 5 if one is undetermined."""
    from deploy.cli.policy.judging import checked

    _run(lambda: checked(file, _terms(as_of, district, readings), picture), as_json)


@app.command("replay")
def replay(
    file: Annotated[
        Path | None, typer.Argument(help="Decisions as `check --json` writes them.", exists=True, dir_okay=False)
    ] = None,
    url: Url = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Judge stored decisions again, of a file or of a service; exit 3 where an answer differs."""
    from deploy.cli.policy.replaying import replayed_file, replayed_service

    if (file is None) == (not url):
        raise typer.BadParameter("give a file, or --url of the eligibility service", param_hint="FILE")
    _run(lambda: replayed_file(file) if file else replayed_service(url, token), as_json)


@app.command("simulate")
def simulate(
    file: File,
    changes: Changes = None,
    readings: Annotated[
        list[str] | None, typer.Option("--reading", help="Changed reading as key=option; may be repeated.")
    ] = None,
    curve: Annotated[
        str, typer.Option("--curve", help="Parameter and the values to try, as key=15000,20000,25000.")
    ] = "",
    as_of: AsOf = None,
    district: District = "",
    as_json: AsJson = False,
) -> None:
    """Judge the projects of a file under changed parameters and readings, beside the rules in force."""
    from deploy.cli.policy.simulating import curve_of, simulated

    terms = _terms(as_of, district, None)
    if curve and (changes or readings):
        raise typer.BadParameter("give either a curve or changes", param_hint="--curve")
    _run(lambda: curve_of(file, curve, terms) if curve else simulated(file, changes, readings, terms), as_json)


@app.command("export")
def export(
    edition: Edition = "2023",
    form: Annotated[str, typer.Option("--form", help="schema (JSON Schema of the inputs) or jdm.")] = "schema",
    as_of: AsOf = None,
    district: District = "",
    readings: Readings = None,
) -> None:
    """Print the JSON Schema of an edition's inputs, or its rules as JDM for a graphical editor."""
    from deploy.cli.policy.rules import exported

    if form not in ("schema", "jdm"):
        raise typer.BadParameter("one of schema, jdm", param_hint="--form")
    _run(lambda: exported(edition, form, _terms(as_of, district, readings)), as_json=True)


def _terms(as_of: datetime | None, district: str, readings: list[str] | None) -> "Terms":
    from deploy.cli.policy.rules import Terms
    from shared.clock import Clock

    day = as_of.date() if as_of else Clock().today()
    return Terms(day, district or None, pairs(readings, "--reading"))


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Return texts such as key=value as a mapping. Raises BadParameter."""
    found = {}
    for text in texts or ():
        key, sign, value = text.partition("=")
        if not (key.strip() and sign and value.strip()):
            raise typer.BadParameter(f"{text!r} is not key=value", param_hint=option)
        found[key.strip()] = value.strip()
    return found


def _run(work: "Callable[[], Shown]", as_json: bool) -> None:
    """Print what a command found and exit with its code; a refusal goes to stderr with exit code 1, or 4."""
    import httpx

    from deploy.cli.policy.facts_file import Unreadable
    from deploy.cli.policy.shown import print_shown
    from deploy.cli.series_work import Refused
    from shared.errors import DomainError

    try:
        shown = work()
    except DomainError as refused:
        _fail(f"{refused.title}：{refused.detail}" if refused.detail else refused.title, 1)
    except (Unreadable, Refused, OSError) as refused:
        _fail(str(refused), 1)
    except httpx.HTTPError as away:
        _fail(f"the service does not answer: {away}", 4)
    else:
        print_shown(shown, as_json=as_json)
        raise typer.Exit(shown.code)


def _fail(message: str, code: int) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code) from None
