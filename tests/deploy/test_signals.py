"""A signal stops a command at every moment of its life; each script sends itself the signal at one of them."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import asyncpg
import pytest

from deploy.local.signals import STOPPED
from shared.settings import ROOT
from shared.storage.migrate import PROVISIONING_LOCK
from tests.deploy.test_start import start
from tests.postgres import LOGINS, Server

STOP_SECONDS = 5
WAITS = "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

PRELUDE = """
    import asyncio, os, signal, sys
    from deploy.local.signals import exit_on_signals, run, signal_pending, signals_held, stop_event, stop_signals
    NUMBER = int(sys.argv[1])
    def hit(): os.kill(os.getpid(), NUMBER)
"""
RUNNING = """
    with stop_signals():
        sys.exit(run(main()))
"""
MOMENTS = {
    "while modules are imported": """
    exit_on_signals()
    hit()
    signal.pause()
    """,
    "before the loop": """
    with stop_signals():
        try:
            hit()
            signal.pause()
        except KeyboardInterrupt:
            sys.exit(130)
    """,
    "before the loop, in a destructor that swallows the exception": """
    class Swallowing:
        def __del__(self): hit()
    async def main():
        await asyncio.sleep(60)
        return 0
    sys.unraisablehook = lambda _: None
    with stop_signals():
        one = Swallowing()
        del one
        sys.exit(run(main()))
    """,
    "while the main task waits": """
    async def main():
        hit()
        await asyncio.sleep(60)
        return 0
    """
    + RUNNING,
    "in a callback of the loop": """
    async def main():
        asyncio.get_running_loop().call_soon(hit)
        await asyncio.sleep(60)
        return 0
    """
    + RUNNING,
    "while a process is started": """
    async def main():
        asyncio.get_running_loop().call_soon(hit)
        for _ in range(100):
            await asyncio.create_subprocess_exec("true")
        await asyncio.sleep(60)
        return 0
    """
    + RUNNING,
    "where the cancellation is swallowed": """
    async def main():
        hit()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
        await stop_event().wait()
        return 130
    """
    + RUNNING,
    "while it serves": """
    async def main():
        stopped = stop_event()
        hit()
        await stopped.wait()
        await asyncio.sleep(0.1)
        return 130
    """
    + RUNNING,
    "while it cleans up after the first signal": """
    async def main():
        hit()
        try:
            await asyncio.sleep(60)
        finally:
            hit()
            await asyncio.sleep(0.2)
            print("clean", flush=True)
        return 0
    """
    + RUNNING,
    "while signals are held": """
    with stop_signals():
        try:
            with signals_held():
                hit()
                while not signal_pending(): pass
                print("clean", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            sys.exit(130)
    """,
    "after its work": """
    import atexit
    @atexit.register
    def leave():
        hit()
        print("clean", flush=True)
    with stop_signals():
        pass
    sys.exit(130)
    """,
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_ends_the_command_after_its_clean_up(moment: str, number: signal.Signals) -> None:
    script = dedent(PRELUDE) + dedent(MOMENTS[moment])
    done = subprocess.run(
        [sys.executable, "-c", script, str(int(number))], cwd=ROOT, capture_output=True, text=True, timeout=50
    )
    assert (done.returncode, done.stderr) == (STOPPED, "")
    assert ("print" in MOMENTS[moment]) == (done.stdout == "clean\n")


COMMANDS = {
    "migrate": ("deploy.migrate", "up"),
    "serve": ("deploy.serve", "intake", "--port", "0"),
    "make run": ("deploy.all_in_one", "--once"),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_that_waits_for_the_database_is_stopped(
    server: Server, tmp_path: Path, command: str, number: signal.Signals
) -> None:
    """Hold the lock of the migrations, so that the command waits for it when the signal comes."""
    connection = await asyncpg.connect(server.embedded.dsn("postgres"))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", PROVISIONING_LOCK)
        started = start(
            tmp_path, *COMMANDS[command],
            TENGHUAN_DATABASE_URL=server.embedded.dsn("postgres"), **LOGINS,
        )  # fmt: skip
        async with asyncio.timeout(100):
            while not await connection.fetchval(WAITS):  # noqa: ASYNC110 - a lock offers no event
                await asyncio.sleep(0.02)
        began = time.monotonic()
        started.send_signal(number)
        output, _ = await asyncio.to_thread(started.communicate, timeout=100)
        assert (started.returncode, "Traceback" in output) == (STOPPED, False), output
        assert time.monotonic() - began < STOP_SECONDS
    finally:
        await connection.close()
