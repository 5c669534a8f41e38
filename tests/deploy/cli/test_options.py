"""Options and output: values that are taken and refused, JSON, tables, and lines for a person."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import click
import pytest
import typer

from deploy.cli import options
from deploy.cli.app import app
from deploy.cli.options import ids_or_all, moment_or_position, services_of
from deploy.cli.output import print_rows
from services import SERVICES

BEIJING = timezone(timedelta(hours=8))
COMMON = {"--format", "--operator"}
TERMS = {"--as-of", "--district", "--reading", "--json"}
OPTIONS = {
    "outbox lag": {"--service", "--max-seconds", *COMMON},
    "parked list": {"--service", "--source", *COMMON},
    "parked show": {"AGGREGATE", "--service", "--source", *COMMON},
    "parked replay": {"AGGREGATES", "--all", "--service", "--source", *COMMON},
    "parked drop": {"AGGREGATE", "--reason", "--first", "--service", "--source", "--yes", "--dry-run", *COMMON},
    "dlq list": {"--service", "--type", "--settled", *COMMON},
    "dlq show": {"LETTER", "--service", *COMMON},
    "dlq replay": {"LETTERS", "--all", "--type", "--service", *COMMON},
    "dlq drop": {"LETTERS", "--reason", "--all", "--type", "--service", "--yes", "--dry-run", *COMMON},
    "events replay": {"--from", "--to", "--service", "--consumer", "--aggregate", "--dry-run", *COMMON},
    "topics create": {"--service", *COMMON},
    "bus show": {"--service", *COMMON},
    "bus use": {"BUS", "--reason", *COMMON},
    "tokens revoke": {"--reason", "--subject", "--token-id", "--service", *COMMON},
    "tokens list": {"--service", *COMMON},
    "ledger verify": COMMON,
    "audit verify": {"--checkpoint", "--public-key", "--service", "--files", *COMMON},
    "audit checkpoint": {"--to", "--service", "--operator"},
    "audit accept": {"RECORDS", "--reason", "--service", *COMMON},
    "audit keygen": {"NAME"},
    "privacy list": {"--service", "--format"},
    "privacy erase": {"--subject", "--order", "--reason", "--service", "--yes", "--dry-run", *COMMON},
    "people import": {"FILE", "--reason", "--service", "--yes", "--dry-run", *COMMON},
    "privacy runs": {"--service", "--format", "--limit", "--operator"},
    "roles rotate": {"--reason", "--service", *COMMON},
    "series list": {"KIND", "--url", "--versions", "--format"},
    "series import": {
        "KIND",
        "FILE",
        "--url",
        "--document",
        "--document-no",
        "--documented-on",
        "--paper",
        "--reason",
        "--token",
        "--dry-run",
        "--format",
    },
    "series confirm": {"BATCH", "--url", "--token", "--format"},
    "policy show": {"EDITION", *TERMS},
    "policy diff": {"BEFORE", "AFTER", *TERMS},
    "policy check": {"FILE", "--picture", *TERMS},
    "policy replay": {"FILE", "--url", "--token", "--json"},
    "policy simulate": {"FILE", "--set", "--curve", *TERMS},
    "policy export": {"EDITION", "--form", *TERMS} - {"--json"},
    "config check": COMMON,
    "backup": {"ARCHIVE", "--reason", *COMMON},
    "restore": {"ARCHIVE", "--reason", *COMMON},
    "personas": {"--format"},
    "token": {"PERSONAS"},
}
"""Options of each command; each has a test in this folder, with a row that it must not touch."""


def test_a_new_command_or_option_is_noticed_here() -> None:
    found = {}
    groups: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    for prefix, command in groups:
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            groups += [(f"{prefix} {name}".strip(), each) for name, each in command.commands.items()]
        else:
            names = [each.opts[-1] if each.opts[-1].startswith("-") else each.name.upper() for each in command.params]
            found[prefix] = {name for name in names if name != "--help"}
    assert found == OPTIONS


def test_the_services_are_those_of_the_suite() -> None:
    assert services_of(None) == SERVICES
    assert [services_of(each) for each in options.ServiceName] == [(name,) for name in SERVICES]
    assert [each.value for each in options.SourceName] == [*SERVICES, "district"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("0", 0),
        ("17", 17),
        ("2024-03-01T10:00", datetime(2024, 3, 1, 10, tzinfo=BEIJING)),
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=BEIJING)),
        ("2024-03-01T10:00:00+00:00", datetime(2024, 3, 1, 18, tzinfo=BEIJING)),
        ("2024-03-01T10:00:00Z", datetime(2024, 3, 1, 18, tzinfo=BEIJING)),
    ],
)
def test_a_position_or_an_instant_in_beijing_time(given: str, meant: int | datetime) -> None:
    found = moment_or_position(given)
    assert (type(found), found) == (type(meant), meant)


@pytest.mark.parametrize("given", ["", "yesterday", "-1", "1.5", "\u0661\u0667", "2024-13-01"])
def test_what_is_neither_is_wrong_usage(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="neither a position nor an instant"):
        moment_or_position(given)


def test_ids_or_all_and_not_both() -> None:
    some = [UUID(int=1), UUID(int=2)]
    assert (ids_or_all(some, False), ids_or_all(None, True), ids_or_all([], True)) == (some, None, None)
    for given, everything in ((None, False), ([], False), (some, True)):
        with pytest.raises(typer.BadParameter, match="give ids, or --all"):
            ids_or_all(given, everything)


ROWS: list[dict[str, Any]] = [
    {"service": "intake", "error": None, "record": {"名": "示例"}, "count": 0, "id": UUID(int=1)},
    {"service": "funding", "error": "x [bold]y[/bold]", "record": ["a", None], "count": 12, "id": UUID(int=2)},
]


def test_json_has_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "json", upright=True)
    printed = capsys.readouterr().out
    assert json.loads(printed) == [{**row, "id": str(row["id"])} for row in ROWS]
    assert "示例" in printed
    print_rows([], "json")
    assert json.loads(capsys.readouterr().out) == []


def test_a_table_has_a_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "table")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    first, second = UUID(int=1), UUID(int=2)
    assert [" ".join(line.split()) for line in lines] == [
        "service error record count id",
        f'intake - {{"名": "示例"}} 0 {first}',
        f'funding x [bold]y[/bold] ["a", null] 12 {second}',
    ]
    print_rows([], "table")
    assert capsys.readouterr().out == ""


def test_upright_has_a_line_per_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS[:1], "table", upright=True)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == ["service intake", "error -", 'record {"名": "示例"}', "count 0", f"id {UUID(int=1)}", ""]
