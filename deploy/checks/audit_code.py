"""Run bandit over the product and compare what it finds with the reviewed findings in `audit_code.toml`.

A finding is known by its test and file, and counted: one more in the same file is new, one less makes the entry stale.
"""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.settings import ROOT

REVIEWED = Path(__file__).with_name("audit_code.toml")
FOLDERS = ("services", "shared", "deploy", "attacks")
Counts = Mapping[tuple[str, str], int]


def reviewed() -> tuple[dict[str, str], dict[tuple[str, str], int]]:
    """Return the tests that are left out, each with its reason, and the accepted findings by test and file."""
    table = tomllib.loads(REVIEWED.read_text("utf-8"))
    accepted = {
        (entry["test"], path): number for entry in table["accepted"] for path, number in entry["findings"].items()
    }
    return table["left_out"], accepted


def findings(folders: Sequence[str], left_out: Sequence[str]) -> list[dict[str, Any]]:
    """Return bandit's findings in the folders. Raises RuntimeError if it could not read a file."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json", "--skip"]
    ran = subprocess.run(
        [*command, ",".join(left_out), *folders], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stderr)
    report = json.loads(ran.stdout)
    if report["errors"]:
        raise RuntimeError(str(report["errors"]))
    found: list[dict[str, Any]] = report["results"]
    return found


def disagreements(found: Sequence[Mapping[str, Any]], accepted: Counts) -> list[str]:
    """Return the findings of each file with more of a test than accepted, and the accepted ones that are gone."""
    counted = Counter((each["test_id"], each["filename"]) for each in found)
    new = [
        f"{each['filename']}:{each['line_number']}: {each['test_id']} {each['issue_text']}"
        for each in found
        if counted[each["test_id"], each["filename"]] > accepted.get((each["test_id"], each["filename"]), 0)
    ]
    gone = [
        f"{path}: {test} found {counted[test, path]} times, accepted {number} times: correct {REVIEWED.name}"
        for (test, path), number in accepted.items()
        if counted[test, path] < number
    ]
    return new + gone


def main() -> int:
    """Print what is not accepted; return 3 when there is any."""
    left_out, accepted = reviewed()
    found = findings(FOLDERS, list(left_out))
    faults = disagreements(found, accepted)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(f"bandit: {len(found)} findings, {sum(accepted.values())} accepted, {len(faults)} to settle\n")
    return 3 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
