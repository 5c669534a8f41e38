"""The Python client, by openapi-python-client in a virtual environment of its own.

The generator pins a typer older than the one of the tenghuan command, so it cannot share the suite's environment.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.sdk.documents import write_with_module_names
from shared.settings import ROOT

LOCK = ROOT / "requirements-sdk.lock"
PACKAGE = "tenghuan_client"
_PARTS = Path(__file__).parent / "python"
_TOOLS = ROOT / "build" / "tools"


class GeneratorFailed(Exception):
    """The generator could not be installed, or it lost something of a document."""


def write_python_client(documents: Mapping[str, Path], folder: Path) -> None:
    """Write the package with one client for each document. Raises GeneratorFailed, for a warning of the generator too.

    The generator reports what it leaves out as a warning.
    """
    generator = _generator()
    shutil.rmtree(folder, ignore_errors=True)
    package = folder / PACKAGE
    package.mkdir(parents=True)
    shutil.copy(_PARTS / "pyproject.toml", folder)
    (package / "__init__.py").write_text('"""Clients of the Tenghuan services, one package each."""\n')
    (package / "py.typed").touch()
    with tempfile.TemporaryDirectory() as scratch:
        named = {
            name: write_with_module_names(each, Path(scratch) / f"{name}.json") for name, each in documents.items()
        }
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: _generate(generator, named[name], package / name), named))


def _generate(generator: Path, document: Path, folder: Path) -> None:
    options = ("--meta", "none", "--config", _PARTS / "generator.yml", "--overwrite", "--fail-on-warning")
    command: list[str | Path] = [generator, "generate", "--path", document, "--output-path", folder, *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise GeneratorFailed(f"openapi-python-client failed:\n{run.stdout}{run.stderr}")


def _generator() -> Path:
    """Return the generator's command, installed by its hashed lock into an environment named for the lock."""
    environment = _TOOLS / f"openapi-python-client-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    command = environment / "bin" / "openapi-python-client"
    if not command.is_file():
        shutil.rmtree(environment, ignore_errors=True)
        venv.create(environment, with_pip=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
        run = subprocess.run([environment / "bin" / "python", *install, LOCK], stdout=sys.stderr, check=False)
        if run.returncode:
            raise GeneratorFailed("the generator of the Python client could not be installed; see the lines above")
    return command
