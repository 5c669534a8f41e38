"""`python -m faults.workload --seconds 30`: the load and the checks on an unhurt suite in one process, on its own bus.

For trying what the load asks and what the machine carries; the campaign itself is `make faults`.
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
from pydantic import SecretStr

from deploy.local.postgres import start
from faults.checker.judge import judge
from faults.workload.alone import alone, announced
from faults.workload.drive import drive
from faults.workload.log import CommandLog
from faults.workload.plan import Plan, Suite
from services import load_all
from shared.settings import Settings
from shared.storage.migrate import upgrade


async def _try(suite: Suite, plan: Plan, seed: int, seconds: float) -> bool:
    """Load, wait, judge; whether all is as it must be."""
    dsn = suite.settings.database_url
    with CommandLog(suite.settings.data_dir / "commands.jsonl") as log:
        figures = await drive(suite, plan, seed, seconds, log)
    await announced(dsn)
    began = time.perf_counter()
    verdict = await judge(log, dsn)
    _say(json.dumps(dataclasses.asdict(figures), ensure_ascii=False, indent=1))
    _say(*verdict.findings, verdict.figures, f"judged in {time.perf_counter() - began:.1f} s")
    return not verdict.first


def _say(*lines: object) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.workload", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pushes", type=float, default=Plan.pushes_per_second, help="a second")
    parser.add_argument("--declarations", type=float, default=Plan.declarations_per_second, help="a second")
    parser.add_argument("--keep", type=Path, help="a folder in which the database and the log stay")
    chosen = parser.parse_args()
    plan = Plan(pushes_per_second=chosen.pushes, declarations_per_second=chosen.declarations)
    with tempfile.TemporaryDirectory() as passing:
        folder = chosen.keep or Path(passing)
        server = start(folder / "postgres")
        try:
            settings = Settings(database_url=server.dsn(), role_password=SecretStr("load"), data_dir=folder)
            asyncio.run(upgrade(settings, load_all()))
            with alone(settings) as running:
                right = uvloop.run(_try(running.suite, plan, chosen.seed, chosen.seconds))
        finally:
            server.stop(keep=chosen.keep is not None)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
