"""The TypeScript client: types by openapi-typescript, calls by openapi-fetch."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.sdk.npm import installed

PARTS = Path(__file__).parent / "typescript"


class TypeScriptFailed(Exception):
    """The generator or the compiler of TypeScript reported an error."""


def write_typescript_client(documents: Mapping[str, Path], folder: Path) -> None:
    """Write one module of types for each document, and an index with a function that makes each client."""
    modules = installed(PARTS)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    generator = modules / ".bin" / "openapi-typescript"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: _run(generator, documents[name], "-o", folder / f"{name}.ts"), documents))
    (folder / "index.ts").write_text(_index(documents), encoding="utf-8")
    shutil.copy(PARTS / "tsconfig.json", folder)
    (folder / "package.json").write_text(json.dumps(_package(), indent=2) + "\n")


def check_typescript(folder: Path) -> None:
    """Compile the TypeScript files of a folder with --strict, without output. Raises TypeScriptFailed."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(installed(PARTS), target_is_directory=True)
    _run(installed(PARTS) / ".bin" / "tsc", "--project", folder / "tsconfig.json")


def _index(names: Iterable[str]) -> str:
    lines = ['import createClient, { type ClientOptions } from "openapi-fetch";']
    for name in names:
        paths = f"{name.capitalize()}Paths"
        lines.append(f'import type {{ paths as {paths} }} from "./{name}";')
        lines.append(f"export type {{ {paths} }};")
        lines.append(f"export const {name} = (options: ClientOptions) => createClient<{paths}>(options);")
    return "\n".join(lines) + "\n"


def _package() -> dict[str, object]:
    pinned = json.loads((PARTS / "package.json").read_text())["dependencies"]
    return {
        "name": "tenghuan-client",
        "version": "1.0.0",
        "license": "Apache-2.0",
        "type": "module",
        "main": "index.ts",
        "dependencies": {"openapi-fetch": pinned["openapi-fetch"]},
    }


def _run(*command: str | Path) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise TypeScriptFailed(f"{Path(command[0]).name} failed:\n{run.stdout}{run.stderr}")
