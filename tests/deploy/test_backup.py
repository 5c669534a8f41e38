"""A backup of a story's beginning is restored into an empty place, and the story is told to its end there."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.backup.archive import MANIFEST, ArchiveError, new_file, verified_manifest
from shared.settings import ROOT
from tests.deploy.test_start import start
from tests.postgres import LOGINS, Server

TIMEOUT_SECONDS = 240
FILES = 12
"""Uploads of the story after which it is stopped: some projects have been declared, others not."""


def tenghuan(data: Path, *arguments: object, **settings: str) -> "subprocess.Popen[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TENGHUAN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *map(str, arguments)],
        cwd=ROOT,
        env=clean | {"TENGHUAN_DATA_DIR": str(data)} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(data: Path, *arguments: object, **settings: str) -> tuple[int, Any, str]:
    """Run a command to its end; return exit code, rows and stderr."""
    command = tenghuan(data, *arguments, "--format", "json", **settings)
    output, errors = command.communicate(timeout=TIMEOUT_SECONDS)
    return command.returncode, json.loads(output) if output else None, errors


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def files_of(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "files").glob("**/sha256/*/*"))


def archived(archive: Path) -> list[tuple[str, str]]:
    """Return service and content of each file in an archive; two services may keep the same content."""
    parts = [part.split("/") for part in verified_manifest(archive)["parts"] if part.startswith("files/")]
    return [(service, name) for _, service, name in parts]


@dataclass(frozen=True)
class Interrupted:
    """Data folder in which a part of the story was told, and the result of a backup that was made meanwhile."""

    data: Path
    beside: Path
    rows: Any
    errors: str
    was_running: bool


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    data, beside = tmp_path_factory.mktemp("told"), tmp_path_factory.mktemp("backup") / "beside.tar"
    suite = start(data, "deploy.all_in_one", "--once")
    try:
        wait_for(lambda: len(files_of(data)) >= FILES)
        _, rows, errors = done(data, "backup", beside)
        was_running = suite.poll() is None
    finally:
        suite.terminate()
        suite.communicate(timeout=TIMEOUT_SECONDS)
    return Interrupted(data, beside, rows, errors, was_running)


@pytest.fixture(scope="module")
def partial_story(interrupted: Interrupted) -> Path:
    return interrupted.data


@pytest.fixture(scope="module")
def archive(partial_story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "tenghuan.tar"
    code, rows, errors = done(partial_story, "backup", path, "--reason", "示例：升级前")
    assert code == 0, errors
    assert rows[0]["files"] == len(archived(path)) >= FILES
    assert {name for _, name in archived(path)} == set(files_of(partial_story))
    return path


def test_an_archive_is_private_and_names_its_parts(archive: Path) -> None:
    manifest = verified_manifest(archive)
    assert archive.stat().st_mode & 0o077 == 0
    assert {"database.dump", "keys/signing-key.json", "keys/role-password"} < set(manifest["parts"])
    assert manifest["tables"]["intake.material"] >= FILES
    assert list(archive.parent.iterdir()) == [archive]


def test_the_next_chapters_are_told_in_the_restored_place(partial_story: Path, archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "restored"
    code, rows, errors = done(place, "restore", archive)
    assert (code, rows and rows[0]["files"]) == (0, len(archived(archive))), errors
    assert files_of(place) == files_of(partial_story)
    assert (place / "signing-key.json").read_text() == (partial_story / "signing-key.json").read_text()
    assert list(tmp_path.iterdir()) == [place]
    suite = start(place, "deploy.all_in_one", "--once")
    output, _ = suite.communicate(timeout=TIMEOUT_SECONDS)
    assert (suite.returncode, "全部符合预期" in output) == (0, True), output
    code, _, errors = done(place, "restore", archive)
    assert (code, "is not empty" in errors) == (1, True)


def test_a_backup_beside_a_running_suite_is_consistent(interrupted: Interrupted, tmp_path: Path) -> None:
    assert interrupted.was_running, "the suite ended before its backup"
    assert interrupted.rows, interrupted.errors
    assert not (interrupted.data / "postgres" / "postmaster.pid").exists()
    place = tmp_path / "place"
    code, restored, errors = done(place, "restore", interrupted.beside)
    assert (code, restored) == (0, interrupted.rows), errors
    assert restored[0]["files"] == len(archived(interrupted.beside)) >= FILES
    assert set(files_of(place)) == {name for _, name in archived(interrupted.beside)}


def test_a_backup_never_overwrites_a_file(partial_story: Path, archive: Path) -> None:
    before = archive.read_bytes()
    code, _, errors = done(partial_story, "backup", archive)
    assert (code, "never overwrites" in errors) == (1, True)
    assert archive.read_bytes() == before


def cut(archive: Path) -> None:
    os.truncate(archive, archive.stat().st_size // 2)


def change_a_byte(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        part = next(entry for entry in tar if entry.name.startswith("files/"))
    with archive.open("r+b") as file:
        file.seek(part.offset_data + 3)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def drop_an_entry(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        kept = [(entry, tar.extractfile(entry).read()) for entry in tar if entry.name != "keys/role-password"]  # type: ignore[union-attr]
    with tarfile.open(archive, "w") as tar:
        for entry, content in kept:
            tar.addfile(entry, io.BytesIO(content))


def add_an_entry(archive: Path) -> None:
    with tarfile.open(archive, "a") as tar:
        tar.add(__file__, "files/abc")


def of_a_newer_version(archive: Path) -> None:
    content = archive.read_bytes()
    revisions = verified_manifest(archive)["revisions"]
    newest = revisions["intake"]
    assert isinstance(newest, str)
    old, new = f'"intake": "{newest}"'.encode(), f'"intake": "{"9" * len(newest)}"'.encode()
    assert content.count(old) == 1
    archive.write_bytes(content.replace(old, new))


@pytest.mark.parametrize("damage", [cut, change_a_byte, drop_an_entry, add_an_entry, of_a_newer_version])
def test_a_damaged_or_newer_archive_is_refused(archive: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    copy = tmp_path / "copy.tar"
    copy.write_bytes(archive.read_bytes())
    damage(copy)
    code, rows, errors = done(tmp_path / "place", "restore", copy)
    assert (code, rows, "Traceback" in errors) == (1, None, False)
    assert list(tmp_path.iterdir()) == [copy]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_backup_that_is_stopped_leaves_no_archive(
    partial_story: Path, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "stopped.tar"
    command = tenghuan(partial_story, "backup", path)
    wait_for(lambda: any(tmp_path.iterdir()))
    command.send_signal(number)
    command.communicate(timeout=TIMEOUT_SECONDS)
    assert command.returncode == (130 if number == signal.SIGTERM else -number)
    assert not path.exists()
    assert number == signal.SIGKILL or list(tmp_path.iterdir()) == []
    code, _, errors = done(partial_story, "backup", path)
    assert (code, list(tmp_path.iterdir())) == (0, [path]), errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restore_that_is_stopped_leaves_no_data_folder(archive: Path, tmp_path: Path, number: signal.Signals) -> None:
    place, unfinished = tmp_path / "place", tmp_path / "place.restoring"
    command = tenghuan(place, "restore", archive)
    wait_for(lambda: (unfinished / "files").exists())
    command.send_signal(number)
    command.communicate(timeout=TIMEOUT_SECONDS)
    assert command.returncode == (130 if number == signal.SIGTERM else -number)
    assert not place.exists()
    assert number == signal.SIGKILL or not unfinished.exists()
    code, _, errors = done(place, "restore", archive)
    assert (code, list(tmp_path.iterdir())) == (0, [place]), errors


def test_of_two_backups_to_one_path_the_second_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.tar"
    with new_file(path) as first:
        first.write(b"whole")
        with pytest.raises(ArchiveError, match="another backup"), new_file(path):
            pass
    assert path.read_bytes() == b"whole"


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "one.tar"
    with pytest.raises(ArchiveError, match="never overwrites"), new_file(path):
        path.write_bytes(b"another's")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"another's"]


def test_the_manifest_is_the_last_entry(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        assert tar.getnames()[-1] == MANIFEST


async def test_an_operators_database_is_restored_into_once(server: Server, archive: Path, tmp_path: Path) -> None:
    await server.run("CREATE DATABASE restored")
    given = {
        "TENGHUAN_DATABASE_URL": server.embedded.dsn("restored"),
        **LOGINS,
    }
    try:
        code, rows, errors = await asyncio.to_thread(done, tmp_path, "restore", archive, **given)
        assert (code, rows and rows[0]["files"]) == (0, len(files_of(tmp_path))), errors
        code, _, errors = await asyncio.to_thread(done, tmp_path, "restore", archive, **given)
        assert (code, "restore into an empty one" in errors) == (1, True)
    finally:
        await server.run("DROP DATABASE restored WITH (FORCE)")
