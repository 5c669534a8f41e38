"""`make bench`: all benchmarks as one JSON document; arguments choose some of them by name."""

import json
import sys
from importlib import import_module

from deploy.local.servers import tune_garbage_collector
from deploy.local.signals import STOPPED, stop_signals
from shared import logs
from shared.settings import Settings

NAMES = (
    "policy",
    "interest",
    "ledger",
    "release_batch",
    "verification",
    "act",
    "writes",
    "sealing",
    "events",
    "broker",
    "idle",
)


def main() -> int:
    chosen = sys.argv[1:] or NAMES
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        sys.stderr.write(f"no such measurement: {unknown[0]}; there are {', '.join(NAMES)}\n")
        return 2
    tune_garbage_collector()
    logs.configure(Settings(), usual_level="warning")
    results = {}
    with stop_signals():
        try:
            for name in chosen:
                sys.stderr.write(f"measuring {name} …\n")
                results[name] = import_module(f"bench.{name}").measure()
        except KeyboardInterrupt:
            return STOPPED
    print(json.dumps(results, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
