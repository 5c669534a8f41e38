"""Run a module and end it when the parent process ends: `python -m deploy.local.parent_watch MODULE …`.

That process holds the other end of our input; the system closes it when the process ends, by whatever signal.
"""

import os
import runpy
import sys
import threading


def _end_with_the_other_end() -> None:
    while os.read(0, 1):
        """Nothing is ever sent."""
    os._exit(1)


def main() -> None:
    threading.Thread(target=_end_with_the_other_end, name="leash", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
