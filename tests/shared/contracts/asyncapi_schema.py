"""The official JSON Schema of AsyncAPI 3.0 from the npm package pinned in specs/, installed if it is missing."""

import fcntl
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

FOLDER = Path(__file__).parent / "specs"
_SCHEMA = FOLDER / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
_SECONDS = 600


@cache
def asyncapi_validator() -> Validator:
    """Return a validator of AsyncAPI 3.0 documents. Fails the test with a hint if npm is missing."""
    with (FOLDER / "package-lock.json").open() as lock:
        # Test processes install into the same folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed():
            _install()
    schema = json.loads(_SCHEMA.read_text())
    return Draft7Validator(schema)


def _is_installed() -> bool:
    installed = _SCHEMA.parents[1] / "package.json"
    pinned = json.loads((FOLDER / "package.json").read_text())["dependencies"]["@asyncapi/specs"]
    return installed.is_file() and json.loads(installed.read_text())["version"] == pinned


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("npm is missing: install Node.js 18 or newer with npm (Debian: apt install nodejs npm)", False)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if run.returncode:
        last = (run.stderr or run.stdout).strip().splitlines()[-1:]
        pytest.fail(f"npm ci in {FOLDER.name}/ failed: {''.join(last)}", False)
