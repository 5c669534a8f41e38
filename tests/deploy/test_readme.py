"""README and docs agree with the code: links, paths, targets, commands, settings, and the story's table."""

import re
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest
from typer.main import get_command

from deploy.cli.app import app
from deploy.demo.story.chapters import EXPECTED
from deploy.demo.story.projects import CASES
from services import SERVICES
from shared.claim_mapping import ClaimMapping
from shared.load_limits import Rates
from shared.settings import ROLE_KINDS, ROOT, Settings
from tests.deploy.documents import code, documents, headings, links

FOLDERS = ("bench", "deploy", "docs", "examples", "faults", "services", "shared", "tests")
OUTSIDE = {
    "TENGHUAN_API_KEY",
    "TENGHUAN_TOKEN",
    "TENGHUAN_TESTS_ON",
    "TENGHUAN_TESTS_OIDC",
    "TENGHUAN_INTEREST_PROJECTS",
    "TENGHUAN_KAFKA_GROUP",
}
"""Variables of callers, examples and tests, which are no settings of the services."""


@pytest.fixture(params=sorted(documents()), ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    wrong = []
    for target in links(document):
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in headings(path)):
            wrong.append(target)
    assert wrong == []


def test_every_path_named_exists(document: Path) -> None:
    named = re.findall(rf"(?<![\w/.-])((?:{'|'.join(FOLDERS)})/[\w./*-]*\w)", code(document))
    assert [name for name in sorted(set(named)) if not any(ROOT.glob(name))] == []


def test_every_make_target_named_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M)) | {f"run-{name}" for name in SERVICES}
    assert set(re.findall(r"(?:^|[`\s])make ([a-z][a-z-]*)", code(document))) <= targets


def test_every_command_of_tenghuan_named_exists(document: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    groups = {name: set(getattr(each, "commands", ())) for name, each in commands.items()}
    wrong = []
    for name, second in re.findall(r"(?:^|[`\s(/])tenghuan ([a-z]+)(?: ([a-z]+))?", code(document), re.M):
        if name not in groups or (groups[name] and second not in groups[name]):
            wrong.append(f"{name} {second}")
    assert wrong == []


def test_every_setting_named_exists(document: Path) -> None:
    settings = {f"TENGHUAN_{name.upper()}" for name in Settings.model_fields} | OUTSIDE
    settings |= {f"TENGHUAN_{name.upper()}_DATABASE_URL" for name in SERVICES}
    settings |= {f"TENGHUAN_JWT_CLAIMS__{name.upper()}" for name in ClaimMapping.model_fields}
    settings |= {f"TENGHUAN_RATES__{name.upper()}" for name in Rates.model_fields}
    settings |= {
        f"TENGHUAN_{service}_{kind}{later}_PASSWORD".upper()
        for service, kind, later in product(SERVICES, ROLE_KINDS, ("", "_NEXT"))
    }
    named = set(re.findall(r"TENGHUAN_[A-Z_]+[A-Z]", document.read_text()))
    assert named <= settings


def test_every_module_named_can_be_run(document: Path) -> None:
    named = set(re.findall(r"python -m ((?:bench|deploy|faults|shared|services)[\w.]*)", code(document)))
    assert [name for name in sorted(named) if find_spec(name) is None] == []


def test_the_readme_shows_the_storys_table() -> None:
    rows = {
        cells[0]: (cells[2], cells[3], *cells[4:])
        for line in (ROOT / "README.md").read_text().splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 7
    }
    for case in CASES:
        if case.key in EXPECTED:
            assert rows[case.name] == EXPECTED[case.key]
