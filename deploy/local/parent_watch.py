"""Run a module and end it when the parent process ends: `python -m deploy.local.parent_watch MODULE …`.

The parent holds the other end of standard input; the system closes it when the parent ends, by whatever signal.
"""

import os
import runpy
import sys
import threading


def _exit_at_end_of_input() -> None:
    while os.read(0, 1):
        continue
    os._exit(1)


def main() -> None:
    threading.Thread(target=_exit_at_end_of_input, name="parent-watch", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
