"""The README agrees with the code."""

import re

from shared.settings import ROOT

README = ROOT / "README.md"


def test_every_file_the_readme_names_exists() -> None:
    named = set(re.findall(r"`((?:deploy|shared|services|tests|bench|examples)/[\w./-]+)`", README.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_make_target_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    targets |= {"run-intake", "run-eligibility", "run-funding", "run-monitoring"}
    named = set(re.findall(r"`make ([a-z-]+)", README.read_text()))
    assert named <= targets
