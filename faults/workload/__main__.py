"""`python -m faults.workload --seconds 30`: load and checks without faults, on a suite in one process.

For trying the load and the capacity of a machine; the campaign itself is `make faults`.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from deploy.local.postgres import start
from deploy.local.settings import passwords_from
from faults.checker.judge import judge
from faults.workload.log import CommandLog
from faults.workload.open_loop import run_load
from faults.workload.profile import Endpoints, LoadProfile
from faults.workload.single_process import single_process, wait_until_published
from services import load_all
from shared.load_limits import UNLIMITED
from shared.settings import Settings
from shared.storage.migrate import upgrade


async def _run(endpoints: Endpoints, profile: LoadProfile, seed: int, seconds: float) -> bool:
    """Run the load, wait, and judge; return whether there is no difference."""
    dsn = endpoints.settings.database_url
    with CommandLog(endpoints.settings.data_dir / "commands.jsonl") as log:
        figures = await run_load(endpoints, profile, seed, seconds, log)
    await wait_until_published(dsn)
    began = time.perf_counter()
    verdict = await judge(log, dsn)
    _print(json.dumps(dataclasses.asdict(figures), ensure_ascii=False, indent=1))
    _print(*verdict.findings, verdict.figures, f"judged in {time.perf_counter() - began:.1f} s")
    return not verdict.first


def _print(*lines: object) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.workload", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pushes", type=float, default=LoadProfile.pushes_per_second, help="a second")
    parser.add_argument("--declarations", type=float, default=LoadProfile.declarations_per_second, help="a second")
    parser.add_argument("--keep", type=Path, help="folder that keeps the database and the log")
    options = parser.parse_args()
    profile = LoadProfile(pushes_per_second=options.pushes, declarations_per_second=options.declarations)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        server = start(folder / "postgres")
        try:
            settings = Settings(
                database_url=server.dsn(), role_passwords=passwords_from("load"), data_dir=folder, rates=UNLIMITED
            )
            asyncio.run(upgrade(settings, load_all()))
            with single_process(settings) as running:
                passed = uvloop.run(_run(running.endpoints, profile, options.seed, options.seconds))
        finally:
            server.stop(keep=options.keep is not None)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
