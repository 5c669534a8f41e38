"""Audits of code and dependencies, and the bill of materials: what is new, gone or not looked up is a failure."""

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from deploy.checks.audit_code import REVIEWED, disagreements, findings, reviewed
from deploy.checks.audit_dependencies import NOT_AUDITED, VULNERABLE, judged
from deploy.checks.sbom import licence_of, normalised, write

ACCEPTED = {("B608", "a.py"): 1, ("B105", "b.py"): 2}


def found(test: str, path: str, line: int = 1) -> dict[str, Any]:
    return {"test_id": test, "filename": path, "line_number": line, "issue_text": "text"}


def test_new_findings_and_stale_entries_are_named() -> None:
    known = [found("B608", "a.py"), found("B105", "b.py"), found("B105", "b.py", 2)]
    assert disagreements(known, ACCEPTED) == []
    assert disagreements([*known, found("B608", "c.py", 7)], ACCEPTED) == ["c.py:7: B608 text"]
    assert disagreements([*known, found("B608", "a.py", 9)], ACCEPTED) == ["a.py:1: B608 text", "a.py:9: B608 text"]
    assert disagreements(known[1:], ACCEPTED) == [
        f"a.py: B608 found 0 times, accepted 1 times: correct {REVIEWED.name}"
    ]


def test_weak_code_is_found_and_a_broken_file_is_no_success(tmp_path: Path) -> None:
    left_out, accepted = reviewed()
    assert accepted
    assert all(len(reason) > 10 for reason in left_out.values())
    (tmp_path / "weak.py").write_text("import subprocess\nsubprocess.run(input(), shell=True)\neval(input())\n")
    assert {"B602", "B307"} <= {each["test_id"] for each in findings([str(tmp_path)], list(left_out))}
    (tmp_path / "weak.py").write_text("def (:\n")
    with pytest.raises(RuntimeError, match="syntax error"):
        findings([str(tmp_path)], list(left_out))


def test_a_package_that_was_not_looked_up_is_no_success() -> None:
    sound = {"name": "a", "version": "1", "vulns": []}
    weak = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
    unknown = {"name": "c", "skip_reason": "not found"}
    assert judged("x.lock", [sound]) == (0, ["x.lock: 1 packages, 0 vulnerabilities, 0 could not be looked up"])
    assert judged("x.lock", [sound, unknown])[0] == NOT_AUDITED
    assert judged("x.lock", "no route")[0] == NOT_AUDITED
    code, lines = judged("x.lock", [sound, weak, unknown])
    assert (code, lines[0]) == (VULNERABLE, "x.lock: b 2: PYSEC-1, mended in 3")


def test_the_bill_names_every_locked_package_with_hashes_and_licence(tmp_path: Path) -> None:
    unknown = write("requirements.lock", tmp_path / "sbom" / "bill.json")
    components = json.loads((tmp_path / "sbom" / "bill.json").read_text())["components"]
    locked = [line.partition("==")[0] for line in Path("requirements.lock").read_text().splitlines() if "==" in line]
    assert sorted(normalised(each["name"]) for each in components) == sorted(
        normalised(name.partition("[")[0]) for name in locked if not name.startswith((" ", "#"))
    )
    for component in components:
        assert component["externalReferences"][0]["hashes"], component["name"]
        assert ("licenses" in component) == (component["name"] not in unknown)
    assert set(unknown) <= {"colorama"}
    licence = licence_of(distribution("fastapi"))
    assert licence == {"expression": "MIT", "acknowledgement": "declared"}
