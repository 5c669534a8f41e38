"""Each service folder can be deleted: the other three import, migrate, start and answer over HTTP."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services import SERVICES
from shared.settings import ROOT
from tests.postgres import LOGINS, Server


def _copy_without(service: str, target: Path) -> None:
    """Copy the product and the smoke test, leaving the service's folder out."""
    skipped = shutil.ignore_patterns("__pycache__", "containers", "sample")
    for package in ("shared", "services"):
        shutil.copytree(ROOT / package, target / package, ignore=skipped)
    shutil.copytree(ROOT / "deploy", target / "deploy", ignore=skipped)
    (target / "tests" / "deploy").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "deploy" / "smoke.py", target / "tests" / "deploy")
    shutil.rmtree(target / "services" / service)


@pytest.mark.parametrize("removed", SERVICES)
async def test_the_other_services_work_without_it(removed: str, server: Server, tmp_path: Path) -> None:
    _copy_without(removed, tmp_path)
    database = f"without_{removed}"
    await server.run(f"CREATE DATABASE {database}")
    command = [sys.executable, "-m", "tests.deploy.smoke", server.embedded.dsn(database)]
    try:
        with server.alone():
            done = subprocess.run(  # noqa: ASYNC221
                command, cwd=tmp_path, env={**os.environ, **LOGINS},
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
    finally:
        await server.run(f"DROP DATABASE {database} WITH (FORCE)")
    assert done.returncode == 0, done.stderr
    answered: dict[str, dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    assert list(answered) == [name for name in SERVICES if name != removed]
    for name, statuses in answered.items():
        assert statuses.pop("/readyz") == 200, name
        assert 200 in statuses.values(), name
        assert {status for status in statuses.values() if status not in (200, 403)} == set(), (name, statuses)
