"""Commands of `tenghuan`, a module for each subject."""

import typer

from deploy.cli import (
    audit,
    backup,
    bus,
    config,
    dlq,
    events,
    ledger,
    outbox,
    parked,
    people,
    policy,
    privacy,
    roles,
    series,
    tokens,
    topics,
)

app = typer.Typer(
    name="tenghuan",
    help="Operate the suite: outbox, parked events, dead letters, bus, ledger, backup, settings, seals, rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for name, subject in (
    ("outbox", outbox),
    ("parked", parked),
    ("dlq", dlq),
    ("events", events),
    ("topics", topics),
    ("bus", bus),
    ("tokens", tokens),
    ("ledger", ledger),
    ("config", config),
    ("audit", audit),
    ("roles", roles),
    ("privacy", privacy),
    ("people", people),
    ("series", series),
    ("policy", policy),
):
    app.add_typer(subject.app, name=name)


app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("personas")(tokens.personas)
app.command("token")(tokens.token)


def main() -> None:
    """Run the command line."""
    app(prog_name="tenghuan")
