"""Several processes with one server between them: one at a time starts or stops it, the last to leave stops it.

All of it rests on locks of the system's, which a killed process does not keep.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def open_private(path: Path) -> IO[str]:
    """The file, made when needed, for reading and writing by its owner alone."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time is in this block; a lock file that was deleted binds nobody."""
    while True:
        with open_private(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                yield
                return


def sole(users: IO[str]) -> bool:
    """Whether no other process uses the server; if so this one holds it alone."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the data folder for one suite at a time. Raises FolderInUse."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_private(folder / "run.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"Another suite runs on {folder}: stop it first, or choose another TENGHUAN_DATA_DIR"
            ) from None
        yield


class FolderInUse(RuntimeError):
    """Another suite runs on the same data folder."""


def share(users: IO[str]) -> None:
    """Count as one of the server's users until the file is closed."""
    fcntl.flock(users, fcntl.LOCK_SH)
