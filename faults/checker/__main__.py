"""`python -m faults.checker COMMANDS DSN`: judge a suite at rest once more, by the log of its load."""

import argparse
import asyncio
import sys
from pathlib import Path

from faults.checker.judge import judge
from faults.workload.log import CommandLog


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.checker", description=__doc__)
    parser.add_argument("commands", type=Path)
    parser.add_argument("dsn")
    parser.add_argument("--no-history", action="store_true", help="the load ran without the tables faults_applied")
    options = parser.parse_args()
    verdict = asyncio.run(judge(CommandLog.read(options.commands), options.dsn, with_history=not options.no_history))
    sys.stdout.write("".join(f"{finding}\n" for finding in verdict.findings) + f"{verdict.figures}\n")
    return 1 if verdict.first else 0


if __name__ == "__main__":
    sys.exit(main())
