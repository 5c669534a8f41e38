"""Cost of an idle suite: processor share and memory of its one process, without PostgreSQL."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import psutil

QUIET_SECONDS = 15


def measure() -> dict[str, Any]:
    """Start the suite, wait for the end of the story, and return the idle figures."""
    with tempfile.TemporaryDirectory() as folder:
        suite = subprocess.Popen(
            [sys.executable, "-m", "deploy.all_in_one", "--port", "0"],
            env=os.environ | {"TENGHUAN_DATA_DIR": folder, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert suite.stdout is not None
            for line in suite.stdout:
                if "Ctrl-C" in line:
                    break
            time.sleep(5)
            return _watch(psutil.Process(suite.pid))
        finally:
            suite.send_signal(signal.SIGINT)
            suite.wait(15)


def _watch(process: psutil.Process) -> dict[str, Any]:
    before = process.cpu_times()
    time.sleep(QUIET_SECONDS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return {
        "cpu_percent_of_a_core": round(100 * used / QUIET_SECONDS, 2),
        "target_cpu_percent": 2.0,
        "resident_mb": round(process.memory_info().rss / 2**20),
        "target_resident_mb": 350,
    }
