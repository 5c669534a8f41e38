"""Run the example notebook: `python -m deploy.checks.notebook check` or `write`.

`check` exits 3 where a printed result differs from the stored one, or an output is missing; displayed pictures and
wording may differ. `write` stores the outputs of a new run.
"""

import re
import sys
from collections.abc import Sequence
from typing import Any

import nbformat
from nbclient import NotebookClient

from shared.settings import ROOT

NOTEBOOK = ROOT / "examples" / "policy.ipynb"
_SECONDS = 120
_ABSOLUTE = re.compile(r"(?<![\w:/.-])/(?:home|root|tmp|work|usr|Users|var)/")


def run() -> Any:
    """Return the notebook after a run in the folder of the examples, without times and machine names."""
    book = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(book, kernel_name="python3", timeout=_SECONDS, resources=place, record_timing=False).execute()
    language = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book.metadata = nbformat.from_dict({"kernelspec": language})
    return book


def faults(stored: Any, made: Any) -> list[str]:
    """Return what is wrong with the stored notebook, beside the same notebook after a run."""
    found = [f"{NOTEBOOK.name} names a folder of this machine"] if _ABSOLUTE.search(nbformat.writes(stored)) else []
    for number, (old, new) in enumerate(zip(stored.cells, made.cells, strict=True), 1):
        if new.cell_type != "code":
            continue
        if _printed(old) != _printed(new):
            found.append(f"cell {number} prints another result: run `python -m deploy.checks.notebook write`")
        if _shown(old) != _shown(new):
            found.append(f"cell {number} shows {_shown(new)}, stored are {_shown(old)}")
    return found


def _printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def _shown(cell: Any) -> list[str]:
    return sorted(kind for output in cell.outputs for kind in output.get("data", {}))


def main(arguments: Sequence[str]) -> int:
    """Check or write the stored outputs; return the exit code."""
    if list(arguments) not in (["check"], ["write"]):
        sys.stderr.write("check or write\n")
        return 2
    stored, made = nbformat.read(NOTEBOOK, as_version=4), run()
    if arguments[0] == "write":
        nbformat.write(made, NOTEBOOK)
        return 0
    found = faults(stored, made)
    sys.stderr.write("".join(f"{fault}\n" for fault in found))
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
