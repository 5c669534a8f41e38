"""What the README says of the code is what the code says of itself."""

import re

from deploy.checks.clause_table import README, in_readme, table
from shared.settings import ROOT


def test_the_clause_table_is_the_one_the_code_gives() -> None:
    assert in_readme() == table(), "run python -m deploy.checks.clause_table write"


def test_every_file_the_readme_names_exists() -> None:
    named = set(re.findall(r"`((?:deploy|shared|services|tests|bench|examples)/[\w./-]+)`", README.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_make_target_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    targets |= {"run-intake", "run-eligibility", "run-funding", "run-monitoring"}
    named = set(re.findall(r"`make ([a-z-]+)", README.read_text()))
    assert named <= targets
