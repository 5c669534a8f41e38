"""The archive: a tar file whose last entry, manifest.json, names every other entry with its size and SHA-256."""

import fcntl
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORMAT = "tenghuan-backup-1"
MANIFEST = "manifest.json"
_CHUNK_BYTES = 1024 * 1024


class ArchiveError(Exception):
    """The archive cannot be written or does not match its manifest; the message says why."""


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a private file that appears at `path`, whole and synced, when the block ends without an error.

    Raises ArchiveError when `path` exists.
    """
    partial = path.with_name(f".{path.name}.partial")
    if path.exists():
        raise ArchiveError(f"{path} exists; a backup never overwrites a file")
    with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveError(f"another backup writes {path}") from None
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.link(partial, path)  # unlike rename, refuses when the path exists by now
        except FileExistsError:
            raise ArchiveError(f"{path} exists; a backup never overwrites a file") from None
        finally:
            partial.unlink()


class ArchiveWriter:
    """Writes entries and, at the end, the manifest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by finish
        self.parts: dict[str, dict[str, Any]] = {}

    def add(self, name: str, content: IO[bytes]) -> None:
        """Add an entry from a seekable file, read from its start."""
        size = content.seek(0, io.SEEK_END)
        content.seek(0)
        hashed = _Hashed(content)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, hashed)
        self.parts[name] = {"size": size, "sha256": hashed.hexdigest()}

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest as the last entry."""
        whole = json.dumps({"format": FORMAT, **manifest, "parts": self.parts}, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(whole), 0o600
        self._tar.addfile(entry, io.BytesIO(whole))
        self._tar.close()


class _Hashed:
    """A reader that hashes what it hands on."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content, self._digest = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self._digest.update(chunk)
        return chunk

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def verified_manifest(path: Path) -> dict[str, Any]:
    """Read the whole archive and return its manifest.

    Raises ArchiveError unless every entry has the size and hash that the manifest gives, and none is missing or added.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] = {}
    try:
        for name, content in entries(path):
            if name == MANIFEST:
                manifest = json.loads(content.read())
            else:
                found[name] = _measured(content)
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ArchiveError(f"{path} is no whole archive: {error}") from None
    if manifest.get("format") != FORMAT:
        raise ArchiveError(f"{path} has no manifest of format {FORMAT}")
    differing = [name for name in {*found, *manifest["parts"]} if found.get(name) != manifest["parts"].get(name)]
    if differing:
        raise ArchiveError(f"{path} was altered: {', '.join(sorted(differing)[:5])} differs from the manifest")
    return manifest


def entries(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of every entry, in order; each content is readable until the next one is asked for."""
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            if content is None:
                raise tarfile.ReadError(f"{entry.name} is not a file")
            yield entry.name, content


def chunks_of(content: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file in chunks."""
    while chunk := content.read(_CHUNK_BYTES):
        yield chunk


def _measured(content: IO[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks_of(content):
        digest.update(chunk)
        size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}
