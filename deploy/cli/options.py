"""Options that several commands share. This module imports nothing slow: `--help` must answer at once."""

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
Operator = Annotated[str, typer.Option("--operator", help="Operator's name for the audit log; otherwise the login.")]
Reason = Annotated[str, typer.Option("--reason", help="Reason for the audit log.")]
RequiredReason = Annotated[
    str, typer.Option("--reason", help="Reason for the audit log.", callback=lambda text: _reason(text))
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")]
SourceName = StrEnum("SourceName", ["intake", "eligibility", "funding", "monitoring", "district"])
Source = Annotated[
    SourceName | None,
    typer.Option("--source", help="Only events of this service, or updates of districts by their topic."),
]
Aggregates = Annotated[list[UUID] | None, typer.Argument(help="The projects or entities, by id.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


def _reason(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("a reason is required")
    return text.strip()


def services_of(service: ServiceName | None) -> tuple[str, ...]:
    """Return the services that a command concerns."""
    return (service.value,) if service else tuple(each.value for each in ServiceName)


def moment_or_position(text: str) -> int | datetime:
    """Return a position in an event log or an instant, in Beijing time unless it has an offset. Raises BadParameter."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a position nor an instant such as 2024-03-01T10:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=_BEIJING)


def ids_or_all(some: list[UUID] | None, everything: bool) -> list[UUID] | None:
    """Return the ids given, or None for all. Raises BadParameter for neither and for both."""
    if bool(some) == everything:
        raise typer.BadParameter("give ids, or --all")
    return some or None
