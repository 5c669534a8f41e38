"""The OpenAPI documents that the clients are generated from."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from services import SERVICES, load
from shared.web.app import create_app


def write_documents(folder: Path) -> dict[str, Path]:
    """Write the OpenAPI document of each service and return the files by service."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: _write(folder / f"{name}.json", create_app(load(name)).openapi()) for name in SERVICES}


def write_with_module_names(document: Path, file: Path) -> Path:
    """Write a document whose tags are names of Python modules: the first part of the path instead of Chinese words."""
    content = deepcopy(json.loads(document.read_text(encoding="utf-8")))
    for path, operations in content["paths"].items():
        for operation in operations.values():
            operation["tags"] = [_module_of(path)]
    return _write(file, content)


def _module_of(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", "v1")]
    return parts[0].partition(":")[0].partition(".")[0].replace("-", "_")


def _write(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file
