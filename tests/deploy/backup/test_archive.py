"""The archive: entries and manifest in full, each kind of damage by itself, files that appear whole or not at all."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from deploy.backup import archive
from deploy.backup.archive import ArchiveError, ArchiveWriter, entries, new_file, verified_manifest
from deploy.backup.restore import NotEmpty, Restoration, check_revisions, new_data_folder
from deploy.local.settings import passwords_from
from services import SERVICES
from shared.settings import Settings
from shared.storage.migrate import known_revisions

PARTS = {"database.dump": b"\x00dump\xff" * 1000, "files/abc": b"", "keys/role-password": b"secret"}
DESCRIBED = {"at": "2024-03-01T10:00:00+08:00", "files": 1, "名": "示例"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MANIFEST = {
    **{"format": "tenghuan-backup-1", **DESCRIBED},
    "parts": {name: {"size": len(content), "sha256": sha256(content)} for name, content in PARTS.items()},
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an archive of PARTS, read in small chunks."""
    monkeypatch.setattr(archive, "_CHUNK_BYTES", 7)
    made = tmp_path / "suite.tar"
    with new_file(made) as file:
        writer = ArchiveWriter(file)
        for name, content in PARTS.items():
            source = io.BytesIO(content)
            source.seek(len(content) // 2)
            writer.add(name, source)
        writer.finish(DESCRIBED)
    return made


def written(path: Path, manifest: Any = MANIFEST, **changed: bytes | None) -> Path:
    """Write an archive by hand: some parts replaced or left out, and this manifest."""
    content = {name: changed.pop(name, data) for name, data in PARTS.items()} | changed
    with tarfile.open(path, "w") as tar:
        for name, data in content.items():
            if data is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        if manifest is not None:
            whole = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(whole)
            tar.addfile(entry, io.BytesIO(whole))
    return path


def test_an_archive_has_its_parts_in_order_and_the_manifest_last(path: Path) -> None:
    found = {name: content.read() for name, content in entries(path)}
    manifest = json.loads(found.pop("manifest.json"))
    assert list(found.items()) == list(PARTS.items())
    assert manifest == MANIFEST == verified_manifest(path)
    with tarfile.open(path) as tar:
        assert {entry.mode for entry in tar} == {0o600}
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_archive_written_by_hand_is_whole(tmp_path: Path) -> None:
    assert verified_manifest(written(tmp_path / "a.tar")) == MANIFEST


def parts(**changed: dict[str, Any]) -> dict[str, Any]:
    return {**MANIFEST, "parts": {**MANIFEST["parts"], **changed}}  # type: ignore[dict-item]


DAMAGES: list[tuple[str, dict[str, Any], str]] = [
    ("same length", {"database.dump": b"\x01" + PARTS["database.dump"][1:]}, "database.dump differs"),
    ("longer", {"files/abc": b"x"}, "files/abc differs"),
    ("missing", {"keys/role-password": None}, "keys/role-password differs"),
    ("added", {"files/def": b""}, "files/def differs"),
    ("another size", {"manifest": parts(**{"files/abc": {"size": 1, "sha256": sha256(b"")}})}, "files/abc differs"),
    ("another hash", {"manifest": parts(**{"files/abc": {"size": 0, "sha256": sha256(b"x")}})}, "files/abc differs"),
    ("named but absent", {"manifest": parts(more={"size": 0, "sha256": sha256(b"")})}, "more differs"),
    ("no manifest", {"manifest": None}, "has no manifest of format tenghuan-backup-1"),
    ("another format", {"manifest": {**MANIFEST, "format": "tenghuan-backup-2"}}, "has no manifest of format"),
    ("no JSON", {"manifest": b"{"}, "is no whole archive"),
]


@pytest.mark.parametrize(("changed", "said"), [damage[1:] for damage in DAMAGES], ids=[damage[0] for damage in DAMAGES])
def test_each_damage_is_refused_by_name(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        verified_manifest(written(tmp_path / "a.tar", **changed))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    for content in (None, b"", b"no archive at all" * 100):
        if content is not None:
            (tmp_path / "a.tar").write_bytes(content)
        with pytest.raises(ArchiveError, match="is no whole archive"):
            verified_manifest(tmp_path / "a.tar")
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.addfile(_folder())
    with pytest.raises(ArchiveError, match="folder is not a file"):
        verified_manifest(tmp_path / "b.tar")


def _folder() -> tarfile.TarInfo:
    entry = tarfile.TarInfo("folder")
    entry.type = tarfile.DIRTYPE
    return entry


@pytest.mark.parametrize("left", [None, b"of a backup that was killed"], ids=["", "beside a partial file"])
def test_a_file_appears_when_the_block_ends_and_not_after_an_error(tmp_path: Path, left: bytes | None) -> None:
    path, partial = tmp_path / "a.tar", tmp_path / ".a.tar.partial"
    if left is not None:
        partial.write_bytes(left)
    with suppress(RuntimeError), new_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with new_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"whole", [path])
    with pytest.raises(ArchiveError, match="never overwrites"), new_file(path):
        pass
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"whole", [path])


def test_an_archive_of_a_newer_version_is_refused_by_service() -> None:
    newest = {service: max(known_revisions(service)) for service in SERVICES}
    check_revisions({"revisions": newest})
    check_revisions({"revisions": dict.fromkeys(SERVICES)})
    for service in SERVICES:
        check_revisions({"revisions": {**newest, service: min(known_revisions(service))}})
        with pytest.raises(ArchiveError, match=f"{service} is at 9999"):
            check_revisions({"revisions": {**newest, service: "9999"}})


def occupied(folder: Path) -> None:
    folder.mkdir()
    (folder / "role-password").write_text("theirs")


@pytest.mark.parametrize(
    ("before", "complete", "after"),
    [
        pytest.param(lambda _: None, True, {"role-password": "secret"}, id="where nothing is"),
        pytest.param(Path.mkdir, True, {"role-password": "secret"}, id="into an empty folder"),
        pytest.param(lambda _: None, False, None, id="not completed"),
        pytest.param(Path.mkdir, False, {}, id="not completed, an empty folder"),
    ],
)
def test_a_data_folder_is_restored_whole_or_not_at_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[Path], None],
    complete: bool,
    after: dict[str, str] | None,
) -> None:
    stopped: list[Path] = []

    class Server:
        def __init__(self, home: Path) -> None:
            self.home = home

        def dsn(self) -> str:
            return "postgresql:///x"

        def stop(self) -> None:
            stopped.append(self.home)

    monkeypatch.setattr("deploy.backup.restore.start", Server)
    folder, unfinished = tmp_path / "data", tmp_path / "data.restoring"
    before(folder)
    unfinished.mkdir()
    (unfinished / "of-a-restore-that-was-killed").write_text("x")
    restoration = Restoration(written(tmp_path / "a.tar", **{"keys/other": b"not ours"}), {})
    with new_data_folder(Settings(data_dir=folder), restoration) as settings:
        assert settings.data_dir == unfinished
        assert settings.role_passwords == passwords_from("secret")
        assert sorted(each.name for each in unfinished.iterdir()) == ["role-password", "seal-keys"]
        assert (unfinished / "role-password").stat().st_mode & 0o777 == 0o600
        restoration.complete = complete
    assert (stopped, unfinished.exists()) == ([unfinished / "postgres"], False)
    found = {each.name: each.read_text() for each in folder.iterdir()} if folder.exists() else None
    if complete:
        assert found is not None
        assert found.pop("seal-keys").startswith("PRIVATE+KEY+tenghuan/")  # new ones: the archive has none
    assert found == after


def test_a_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    occupied(folder)
    restoration = Restoration(written(tmp_path / "a.tar"), {}, complete=True)
    with pytest.raises(NotEmpty, match="is not empty"), new_data_folder(Settings(data_dir=folder), restoration):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tar", "data"]
    assert (folder / "role-password").read_text() == "theirs"
