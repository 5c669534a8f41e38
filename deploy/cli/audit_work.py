"""The work of `tenghuan audit`: it reads as the role of the sealer."""

from collections.abc import Sequence
from pathlib import Path

from deploy.cli.audit import rows_of
from deploy.cli.operation import Operation, Refused, Result, say
from services import SERVICES, load
from shared.sealing import notebook
from shared.sealing.keys import public_keys
from shared.sealing.note import Keys, PublicKey, UnreadableNote, keys_by_name, lines_of
from shared.sealing.runner import sealer_connection
from shared.sealing.verify import Held, Report, Verification
from shared.settings import NoLogin
from shared.storage.files import FileStore

_HELD = "SELECT note FROM {schema}.foreign_checkpoint WHERE split_part(origin, '/', -1) = $1 ORDER BY size"
_HEAD = "SELECT note FROM {schema}.seal_checkpoint ORDER BY size DESC LIMIT 1"


async def verified(operation: Operation, checkpoint: Path | None, public_key: Path | None, *, files: bool) -> Result:
    """Verify each service against its own checkpoints, those that the others hold, and exported ones."""
    keys = _keys(operation, public_key)
    exported = _exported(checkpoint)
    services = operation.command.services
    stores = {name: load(name).file_store(operation.settings) if files else None for name in services}
    reports = {name: await _verified(operation, name, keys, exported, store) for name, store in stores.items()}
    faults = sum(len(report.faults) for report in reports.values())
    rows = [row for name, report in reports.items() for row in rows_of(name, report)]
    return Result(rows, "check_failed" if faults else "done", {"faults": faults})


def _keys(operation: Operation, public_key: Path | None) -> Keys:
    """Return the public keys. Raises Refused when there are none, or none that can be read."""
    try:
        if public_key is None:
            keys = public_keys(operation.settings)
        else:
            keys = keys_by_name(PublicKey.read(line) for line in lines_of(public_key.read_text()))
    except (OSError, ValueError) as error:
        raise Refused(f"the public keys cannot be read: {error}") from error
    if not keys:
        raise Refused("there is no public key: give --public-key, or set TENGHUAN_SEAL_PUBLIC_KEYS")
    return keys


def _exported(checkpoint: Path | None) -> list[str]:
    if checkpoint is None:
        return []
    try:
        return notebook.split(checkpoint.read_text("utf-8"))
    except (OSError, UnreadableNote, UnicodeDecodeError) as error:
        raise Refused(f"{checkpoint}: {error}") from error


async def _verified(
    operation: Operation, service: str, keys: Keys, exported: Sequence[str], store: FileStore | None
) -> Report:
    held = await _held_by_others(operation, service)
    held += [Held("the exported file", note) for note in exported if _service_of(note) == service]
    if exported and held[-1:] and held[-1].holder != "the exported file":
        say(f"{service}: the exported file has no checkpoint of it")
    async with (
        sealer_connection(operation.settings, service) as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        return await Verification(connection, service, load(service).seals, keys, held, store).run()


def _service_of(note: str) -> str:
    return note.partition("\n")[0].rpartition("/")[2]


async def _held_by_others(operation: Operation, service: str) -> list[Held]:
    held = []
    for other in SERVICES:
        if other == service:
            continue
        try:
            async with sealer_connection(operation.settings, other) as connection:
                rows = await connection.fetch(_HELD.format(schema=other), service)
        except NoLogin as error:
            say(f"{service}: not compared with what {other} holds: {error}")
            continue
        held += [Held(other, row["note"]) for row in rows]
    return held


async def exported(operation: Operation, to: Path | None) -> Result:
    """Print or write the newest checkpoints. Raises Refused when a service has none, or the file exists."""
    notes = []
    for service in operation.command.services:
        async with sealer_connection(operation.settings, service) as connection:
            note = await connection.fetchval(_HEAD.format(schema=service))
        if note is None:
            raise Refused(f"{service} has sealed nothing yet; is TENGHUAN_SEAL_KEYS set, and does the service run?")
        notes.append(note)
    text = notebook.joined(notes)
    if to is None:
        import sys

        sys.stdout.write(text)
    else:
        try:
            with to.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise Refused(f"{to}: {error.strerror}") from error
    return Result(detail={"checkpoints": len(notes)})


async def accepted(operation: Operation, pairs: Sequence[Sequence[str]]) -> Result:
    """Name the reported versions in the operation's audit row, on which the sealer then rests their leaves.

    Raises Refused for a record that verify does not report, or that is gone: a backup brings it back.
    """
    (service,) = operation.command.services
    report = await _verified(operation, service, _keys(operation, None), [], None)
    versions = {(fault.kind, fault.key): fault.written_in for fault, _ in report.faults}
    if unknown := [" ".join(pair) for pair in pairs if versions.get((pair[0], pair[1])) is None]:
        raise Refused(f"verify reports no such record that is there: {', '.join(unknown)}")
    rows = [(kind, key, versions[kind, key]) for kind, key in pairs]
    say("the service's sealer seals them with its next full pass, or when the service starts")
    return Result([{"kind": kind, "key": key} for kind, key, _ in rows], detail={"rows": rows})
