"""`tenghuan backup FILE` and `tenghuan restore FILE`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import Format, Operator, Output, Reason, services_of

if TYPE_CHECKING:
    from deploy.backup.restore import Restoration
    from deploy.cli.operation import Operation, Result
    from deploy.cli.output import Row
    from shared.settings import Settings

Archive = Annotated[Path, typer.Argument(help="The archive, a tar file.", dir_okay=False)]


def backup(archive: Archive, reason: Reason = "", form: Output = Format.table, operator: Operator = "") -> None:
    """Write database, files and keys into one new archive, while the suite runs or not. It holds secrets."""
    from deploy.cli.operation import Command, Refused, Result, run_command

    async def work(operation: "Operation") -> "Result":
        from deploy.backup.archive import ArchiveError
        from deploy.backup.backup import FileLost
        from deploy.backup.backup import backup as write
        from services import load_all

        try:
            manifest = await write(operation.settings, load_all(), archive.absolute(), operation.clock.now())
        except (ArchiveError, FileLost, OSError, ValueError) as error:
            raise Refused(str(error)) from error
        rows = _rows(archive, manifest)
        return Result(rows, detail={"backup": rows}, upright=True)

    arguments = {"archive": str(archive.absolute())}
    run_command(Command("backup", services_of(None), arguments, operator, reason, form, changes=True), work)


def restore(archive: Archive, reason: Reason = "", form: Output = Format.table, operator: Operator = "") -> None:
    """Restore an archive into an empty data folder, or into the empty database of TENGHUAN_DATABASE_URL."""
    from deploy.backup.restore import Restoration
    from deploy.cli.operation import Command, Refused, Result, run_command

    restoration = Restoration(archive.absolute(), {})

    async def work(operation: "Operation") -> "Result":
        from deploy.backup.archive import ArchiveError
        from deploy.backup.restore import NotEmpty
        from deploy.backup.restore import restore as read
        from services import load_all

        try:
            await read(operation.settings, load_all(), restoration, operation.clock.now())
        except (ArchiveError, NotEmpty, ValueError) as error:
            raise Refused(str(error)) from error
        rows = _rows(archive, restoration.manifest)
        await operation.record("begun", {})
        await operation.record("done", {"restore": rows})
        restoration.complete = True
        return Result(rows, upright=True)

    arguments = {"archive": str(archive.absolute())}
    command = Command("restore", services_of(None), arguments, operator, reason, form, records_itself=True)
    run_command(command, work, lambda: _empty_place(restoration))


@contextmanager
def _empty_place(restoration: "Restoration") -> "Iterator[Settings]":
    """Verify the archive and yield settings with an empty database."""
    from deploy.backup.archive import ArchiveError, verified_manifest
    from deploy.backup.restore import NotEmpty, check_revisions, new_data_folder
    from deploy.cli.operation import Refused
    from deploy.local.settings import names_a_database, settings_given

    settings = settings_given()
    try:
        restoration.manifest = verified_manifest(restoration.archive)
        check_revisions(restoration.manifest)
        if names_a_database(settings):
            yield settings
            return
        with new_data_folder(settings, restoration) as fresh:
            yield fresh
    except (ArchiveError, NotEmpty) as error:
        raise Refused(str(error)) from None


def _rows(archive: Path, manifest: dict[str, Any]) -> "list[Row]":
    return [
        {
            "archive": str(archive.absolute()),
            "at": manifest["at"],
            "tables": len(manifest["tables"]),
            "rows": sum(manifest["tables"].values()),
            "files": manifest["files"],
            "bytes": sum(part["size"] for part in manifest["parts"].values()),
            "postgresql": manifest["postgresql"],
            "revisions": manifest["revisions"],
        }
    ]
