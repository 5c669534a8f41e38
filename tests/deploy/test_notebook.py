"""The example notebook runs as it is stored and prints what is stored, and a false output is found."""

import subprocess
import sys

import nbformat

from deploy.checks.notebook import NOTEBOOK, faults
from shared.settings import ROOT


def test_the_notebook_prints_what_is_stored() -> None:
    # In a process of its own: the kernel's client sets an event loop and warns of its own accord.
    command = [sys.executable, "-m", "deploy.checks.notebook", "check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_false_or_missing_output_and_a_path_of_this_machine_are_found() -> None:
    stored, made = (nbformat.read(NOTEBOOK, as_version=4) for _ in range(2))
    printing = next(cell for cell in made.cells if cell.cell_type == "code" and "print(" in cell.source)
    printing.outputs[0].text = "ineligible\n"
    showing = next(cell for cell in stored.cells if "SVG(drawing" in cell.get("source", ""))
    showing.outputs = []
    stored.cells[0].source += " /home/somebody/clone"
    told = " ".join(faults(stored, made))
    assert "prints another result" in told
    assert "shows" in told
    assert "names a folder of this machine" in told
