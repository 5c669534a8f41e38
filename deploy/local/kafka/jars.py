"""Apache Kafka's programs: Maven installs them once into a folder named by the checksum of pom.xml; Java runs them.

The tests bring an identity provider in the same way, by a pom.xml of their own.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.locks import alone
from shared.settings import ROOT

POM = Path(__file__).with_name("pom.xml")
KEPT = ROOT / ".kafka"
JAVA_MAJOR = 17
_HOW_TO_INSTALL = {
    "java": "Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17",
    "mvn": "Debian, Ubuntu: apt-get install maven; macOS: brew install maven",
}


class BrokerError(RuntimeError):
    """The Kafka node cannot be used; the message says why in one line."""


def java() -> str:
    """Return the path of a Java that runs Kafka: JAVA_HOME's, else the PATH's. Raises BrokerError."""
    program = _found("java")
    output = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', output)
    if version is None or int(version[1]) < JAVA_MAJOR:
        has = f"{program} is Java {version[1]}" if version else f"{program} does not run"
        raise BrokerError(f"Java {JAVA_MAJOR} or newer is missing ({has}): install it ({_HOW_TO_INSTALL['java']}).")
    return program


def _folder(kept: Path, pom: Path) -> Path:
    return kept / hashlib.sha256(pom.read_bytes()).hexdigest()[:16]


def installed(kept: Path = KEPT) -> bool:
    """Return whether Kafka's jars are installed."""
    return _folder(kept, POM).exists()


def jars(kept: Path = KEPT, pom: Path = POM, name: str = "Apache Kafka") -> Path:
    """Return the folder of the jars that a pom.xml names; Maven installs it when it is missing. Raises BrokerError."""
    folder = _folder(kept, pom)
    if folder.exists():
        return folder
    maven = _found("mvn")
    kept.mkdir(parents=True, exist_ok=True)
    with alone(kept / "lock"):
        if not folder.exists():
            sys.stderr.write(f"Installing {name} into {kept} (once, about 10 seconds)\n")
            _install(maven, pom, name, folder)
    return folder


def _install(maven: str, pom: Path, name: str, folder: Path) -> None:
    """Install the jars; the folder appears whole or not at all. Raises BrokerError."""
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(
        [maven, "-q", "-B", "-f", pom, "dependency:copy-dependencies",
         f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise BrokerError(f"Maven could not install {name}: {errors[0] if errors else f'exit code {done.returncode}'}")
    unfinished.rename(folder)


def _found(program: str) -> str:
    places = [f"{os.environ['JAVA_HOME']}/bin"] if os.environ.get("JAVA_HOME") else []
    path = shutil.which(program, path=os.pathsep.join([*places, os.environ.get("PATH", os.defpath)]))
    if path is None:
        needed = f"Java {JAVA_MAJOR} or newer" if program == "java" else "Maven"
        raise BrokerError(f"{needed} is missing: install it ({_HOW_TO_INSTALL[program]}).")
    return path


def command(main_class: str, *arguments: str | Path, options: tuple[str, ...] = ()) -> list[str]:
    """Return the command line that runs one of Kafka's classes. Raises BrokerError."""
    return [java(), *options, "-cp", f"{jars()}/*", main_class, *map(str, arguments)]
