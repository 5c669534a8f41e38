"""The script that tells the story on the newest Python says so when there is no newer one."""

import subprocess
from pathlib import Path

import pytest

from shared.settings import ROOT

FAKE = """#!/bin/sh
echo {minor}
"""


def told(folder: Path, **fakes: str) -> str:
    """Run the script with these programs as the only Pythons beside the project's own."""
    for name, program in fakes.items():
        path = folder / name.replace("_", ".")
        path.write_text(program)
        path.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        ["sh", "deploy/checks/newest_python.sh"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 127\n", FAKE.format(minor=0), FAKE.format(minor=11)])
def test_without_a_newer_python_it_says_so(tmp_path: Path, program: str) -> None:
    fakes = {f"python3_{minor}": program for minor in range(11, 16)} | {"python3": program}
    assert "not told on another Python" in told(tmp_path, **fakes)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(name.replace("_", ".") for name in fakes)


def test_the_newest_is_chosen_and_its_folder_removed_when_it_fails(tmp_path: Path) -> None:
    failing = '#!/bin/sh\n[ "$1" = -m ] && exit 9\necho {minor}\n'
    fakes = {"python3_14": failing.format(minor=90), "python3_15": failing.format(minor=91)}
    output = told(tmp_path, **fakes)
    assert "Telling the story on Python 3.91 (python3.15)" in output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["python3.14", "python3.15"]
