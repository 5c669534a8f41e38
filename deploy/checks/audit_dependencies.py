"""Run pip-audit over the hashed lock files, and say how many packages it could look up.

pip-audit itself succeeds when its source of advisories knows no package at all, as an index mirror does; here a package
that could not be looked up is a failure. Advisories come over the network; without it nothing is audited.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shared.settings import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-sdk.lock")
_AUDIT = ("-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "15")
VULNERABLE, NOT_AUDITED = 3, 4


def audited(lock: str, options: Sequence[str]) -> list[dict[str, Any]] | str:
    """Return what pip-audit says of each package of a lock file, or why it gave no answer."""
    command = [sys.executable, *_AUDIT, *options, "--format", "json", "--requirement", lock]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        return ran.stderr.strip().rpartition("\n")[2] or "no answer"
    return packages


def judged(lock: str, answer: Sequence[Mapping[str, Any]] | str) -> tuple[int, list[str]]:
    """Return the exit code and the lines for one lock file."""
    if isinstance(answer, str):
        return NOT_AUDITED, [f"{lock}: not audited, no advisories could be fetched: {answer}"]
    lines = [
        f"{lock}: {package['name']} {package['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no release'}"
        for package in answer
        for vulnerability in package.get("vulns", ())
    ]
    skipped = sum("skip_reason" in package for package in answer)
    total = f"{lock}: {len(answer)} packages, {len(lines)} vulnerabilities, {skipped} could not be looked up"
    return VULNERABLE if lines else NOT_AUDITED if skipped else 0, [*lines, total]


def main() -> int:
    """Audit every lock file; arguments go to pip-audit. Return 3 for a vulnerability, 4 where one was not audited."""
    codes = []
    for lock in LOCKS:
        code, lines = judged(lock, audited(lock, sys.argv[1:]))
        sys.stdout.writelines(f"{line}\n" for line in lines)
        codes.append(code)
    return VULNERABLE if VULNERABLE in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
