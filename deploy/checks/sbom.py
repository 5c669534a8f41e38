"""Write a software bill of materials (CycloneDX 1.6, JSON) for each lock file whose packages are installed.

Packages and hashes are those of the lock file; licences come from the metadata of the installed packages. A package
that this system's markers leave out has no licence in the bill and is named.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from shared.settings import ROOT

BILLS = {"requirements.lock": "tenghuan.cdx.json", "requirements-dev.lock": "tenghuan-dev.cdx.json"}
FOLDER = ROOT / "build" / "sbom"
_LICENCE = "License :: OSI Approved :: "


def licence_of(package: Distribution) -> dict[str, Any] | None:
    """Return the licence that a package declares, as CycloneDX writes it: expression, field or classifier."""
    said = package.metadata.json
    if expression := said.get("license_expression"):
        return {"expression": expression, "acknowledgement": "declared"}
    classifiers = [line.removeprefix(_LICENCE) for line in said.get("classifier", ()) if line.startswith(_LICENCE)]
    name = " AND ".join(classifiers) or str(said.get("license", "")).split("\n")[0]
    return {"license": {"name": name, "acknowledgement": "declared"}} if name and name != "UNKNOWN" else None


def normalised(name: str) -> str:
    """Return the name of a package as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def with_licences(bill: dict[str, Any], licences: Mapping[str, dict[str, Any] | None]) -> list[str]:
    """Add the licences to the components of a bill, by name; return the names of those without one."""
    unknown = []
    for component in bill["components"]:
        if licence := licences.get(normalised(component["name"])):
            component["licenses"] = [licence]
        else:
            unknown.append(component["name"])
    return unknown


def bill_of(lock: str) -> dict[str, Any]:
    """Return the bill of a lock file, without licences."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "cyclonedx_py",
        "requirements",
        "--sv",
        "1.6",
        "--output-reproducible",
    ]
    command += ["--pyproject", "pyproject.toml", "-o", "-", lock]
    bill: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    for component in bill["components"]:
        component.pop("description", None)  # the line of the lock file, hashes included a second time
    return bill


def write(lock: str, path: Path) -> list[str]:
    """Write the bill of a lock file; return the packages without licence. Raises ValueError for an invalid bill."""
    bill = bill_of(lock)
    installed = {normalised(package.metadata["Name"]): licence_of(package) for package in distributions()}
    unknown = with_licences(bill, installed)
    text = json.dumps(bill, ensure_ascii=False, indent=1) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"{lock}: {error}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return unknown


def main() -> int:
    """Write both bills and name the packages without licence."""
    for lock, name in BILLS.items():
        unknown = write(lock, FOLDER / name)
        number = len(json.loads((FOLDER / name).read_text("utf-8"))["components"])
        sys.stdout.write(f"build/sbom/{name}: {number} packages, without licence: {', '.join(unknown) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
