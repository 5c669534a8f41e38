"""A reserved port is given to no other process while its owner lives."""

import subprocess
import sys

import pytest

from deploy.local import ports
from deploy.local.ports import free_port
from shared.settings import ROOT

ASK = """
from deploy.local import ports
ports._FIRST, ports._LAST = {first}, {last}
print(ports.free_port())
"""


def asked_elsewhere(first: int, last: int) -> subprocess.CompletedProcess[str]:
    """Return a port of this range, reserved by a process that then ends."""
    program = ASK.format(first=first, last=last)
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_was_promised_is_given_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = free_port()
    assert "no free port" in asked_elsewhere(ours, ours + 1).stderr
    monkeypatch.setattr(ports, "_FIRST", ours)
    monkeypatch.setattr(ports, "_LAST", ours + 1)
    with pytest.raises(OSError, match="no free port"):
        free_port()


def test_what_a_process_that_is_gone_had_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = int(asked_elsewhere(ports._FIRST, ports._LAST).stdout)
    monkeypatch.setattr(ports, "_FIRST", theirs)
    monkeypatch.setattr(ports, "_LAST", theirs + 1)
    assert free_port() == theirs
