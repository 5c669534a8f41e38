"""File locks of processes that share a server or a data folder.

The system drops the locks of a process that ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def open_private(path: Path) -> IO[str]:
    """Open a file, created when needed, that only its owner may read and write."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Run the block in one process at a time; a lock file that was deleted meanwhile is locked anew."""
    while True:
        with open_private(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                yield
                return


def sole(users: IO[str]) -> bool:
    """Return whether no other process uses the server; if so, lock out new users until `share` or the file's end."""
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
