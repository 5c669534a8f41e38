"""Options that several commands share, and what they mean. Nothing heavy is imported here: `--help` must be quick."""

from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

ServiceName = StrEnum("ServiceName", ["intake", "eligibility", "funding", "monitoring"])
Format = StrEnum("Format", ["table", "json"])
_BEIJING = timezone(timedelta(hours=8))

OnlyService = Annotated[ServiceName | None, typer.Option("--service", help="Only this service; otherwise all four.")]
Output = Annotated[Format, typer.Option("--format", help="How the result is printed.")]
Operator = Annotated[str, typer.Option("--operator", help="Who acts, for the record; otherwise the system's login.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
RequiredReason = Annotated[
    str, typer.Option("--reason", help="Why, for the record.", callback=lambda said: _reason(said))
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
SourceName = StrEnum("SourceName", ["intake", "eligibility", "funding", "monitoring", "district"])
Source = Annotated[
    SourceName | None,
    typer.Option("--source", help="Only events that this service announced, or what districts asked by their topic."),
]
Aggregates = Annotated[list[UUID] | None, typer.Argument(help="The projects or entities, by id.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]


def _reason(said: str) -> str:
    if not said.strip():
        raise typer.BadParameter("say why")
    return said.strip()


def services_of(service: ServiceName | None) -> tuple[str, ...]:
    """The services a command is about."""
    return (service.value,) if service else tuple(each.value for each in ServiceName)


def moment_or_position(said: str) -> int | datetime:
    """A position in an event log, or an instant; one without an offset is Beijing time. Raises BadParameter."""
    if said.isascii() and said.isdigit():
        return int(said)
    try:
        instant = datetime.fromisoformat(said)
    except ValueError:
        raise typer.BadParameter(f"{said!r} is neither a position nor an instant such as 2024-03-01T10:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=_BEIJING)


def some_or_all(some: list[UUID] | None, everything: bool) -> list[UUID] | None:
    """The ids given, or None for all. Raises BadParameter for neither and for both."""
    if bool(some) == everything:
        raise typer.BadParameter("name some by id, or give --all")
    return some or None
