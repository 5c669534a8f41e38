"""Installation of npm packages that a package-lock.json pins."""

import fcntl
import shutil
import subprocess
from pathlib import Path

_SECONDS = 600


class NpmFailed(Exception):
    """Failure of an installation: npm is missing, or it reported an error."""


def installed(folder: Path) -> Path:
    """Return the node_modules of a folder, installed from its package-lock.json if that changed. Raises NpmFailed.

    A file lock keeps processes that need the same folder from installing at the same time.
    """
    modules, pinned = folder / "node_modules", (folder / "package-lock.json").read_bytes()
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = modules / ".installed"
        if not stamp.is_file() or stamp.read_bytes() != pinned:
            _install(folder)
            stamp.write_bytes(pinned)
    return modules


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NpmFailed("npm is missing: install Node.js 20 or newer with npm (Debian: apt install nodejs npm)")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if run.returncode:
        last = (run.stderr or run.stdout).strip().splitlines()[-1:]
        raise NpmFailed(f"npm ci in {folder.name}/ failed: {''.join(last)}")
