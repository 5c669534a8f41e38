"""The OpenAPI documents of all services satisfy the rules that two linters recommend, warnings included."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.sdk.documents import write_documents
from deploy.sdk.npm import installed

pytestmark = pytest.mark.clients
FOLDER = Path(__file__).parent / "linters"
QUIET = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return list(write_documents(tmp_path_factory.mktemp("documents")).values())


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a linter; only what it prints says whether it looked at all documents."""
    tool = installed(FOLDER) / ".bin" / command
    return subprocess.run([tool, *arguments], cwd=FOLDER, env=QUIET, capture_output=True, text=True, check=False)


def redocly(documents: list[Path]) -> list[dict[str, Any]]:
    out = run("redocly", "lint", *documents, "--extends=recommended", "--format=json", "--max-problems=1000")
    found: list[dict[str, Any]] = []
    rest = out.stdout.lstrip()
    while rest.startswith("{"):  # one report for each document
        report, end = json.JSONDecoder().raw_decode(rest)
        found += report["problems"]
        rest = rest[end:].lstrip()
    assert all(f"{document.name}: validated" in out.stderr for document in documents), out.stderr
    return found


def spectral(documents: list[Path]) -> list[dict[str, Any]]:
    out = run("spectral", "lint", "--ruleset=spectral.yaml", "--format=json", "--fail-severity=hint", *documents)
    assert out.stdout.lstrip().startswith("["), out.stdout + out.stderr
    found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(out.stdout.lstrip())[0]
    assert (out.returncode == 0) == (not found), out.stderr
    return found


def test_redocly_finds_nothing(documents: list[Path]) -> None:
    assert redocly(documents) == []


def test_spectral_finds_nothing(documents: list[Path]) -> None:
    assert spectral(documents) == []


def test_both_find_a_planted_fault(documents: list[Path], tmp_path: Path) -> None:
    document = json.loads(documents[0].read_text())
    path = document["paths"]["/v1/declarations/{declaration_id}"]["get"]
    path["parameters"] = [each for each in path["parameters"] if each["name"] != "declaration_id"]
    path["operationId"] = "list_declarations"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document))
    assert {each["ruleId"] for each in redocly([broken])} >= {"operation-operationId-unique"}
    assert {each["code"] for each in spectral([broken])} >= {"operation-operationId-unique", "path-params"}
