"""Supervisor that prints its process's id and waits to be killed: `python -m tests.deploy.supervisor FOLDER`."""

import asyncio
import sys
from pathlib import Path

from deploy.local.processes import Processes
from tests.deploy.test_processes import program


async def main() -> None:
    async with Processes([program("one")], Path(sys.argv[1])) as processes:
        sys.stdout.write(f"{processes.pid('one')}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
