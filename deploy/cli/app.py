"""The commands, by subject."""

import typer

from deploy.cli import backup, bus, config, dlq, events, outbox, parked, tokens, topics

app = typer.Typer(
    name="tenghuan",
    help="Operate the suite: what waits, what could not be handled, what happened, once more.",
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
    ("config", config),
):
    app.add_typer(subject.app, name=name)


app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("personas")(tokens.personas)
app.command("token")(tokens.token)


def main() -> None:
    """The command's entry."""
    app(prog_name="tenghuan")
