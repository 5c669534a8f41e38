"""`python -m faults.service NAME`: serve like `deploy.serve`, with the campaign's patches.

The product has no hooks for tests: everything is patched here, before the service is loaded. `FAULTS` in the
environment holds the `ServicePatches` as JSON.
"""

import asyncio
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Self

from pydantic_core import from_json, to_json
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from deploy import serve
from faults import history
from faults.planted_bugs import IN_PROCESS
from faults.poison import Poison, poison_handlers

LONGEST_HOLD_SECONDS = 60.0


@dataclass(frozen=True)
class ServicePatches:
    """Patches applied to the services of a run."""

    seed: int = 1
    poison_one_in: int = 0
    """Handlers fail for one aggregate in so many; 0: none."""
    bug: str = ""
    """A name in `faults.planted_bugs`."""
    slow_commit_one_in: int = 0
    """One transaction with events in so many stays open before its commit; 0: none."""
    slow_commit_seconds: float = 0.0
    batch_copy_share: float = 0.5
    """Share of the published batches that are copied as a whole; in the others each message is copied by itself."""

    def as_env(self) -> dict[str, str]:
        return {"FAULTS": to_json(asdict(self)).decode()}

    @classmethod
    def from_env(cls) -> Self:
        return cls(**from_json(os.environ["FAULTS"]))


def apply_patches(patches: ServicePatches) -> None:
    """Apply the patches to this process. The history is recorded after the poison, so poisoned work is not recorded."""
    poison_handlers(Poison(patches.seed, patches.poison_one_in))
    history.record_applied_events()
    history.publish_twice(patches.batch_copy_share)
    hold_loop_on_signal()
    if patches.slow_commit_one_in:
        delay_some_commits(patches.slow_commit_one_in, patches.slow_commit_seconds)
    if patches.bug in IN_PROCESS:
        IN_PROCESS[patches.bug]()


def hold_loop_on_signal() -> None:
    """Hold the event loop from SIGUSR1 to SIGUSR2: Python runs handlers in its main thread, which is the loop's."""
    held = False

    def hold(_number: int, _frame: FrameType | None) -> None:
        nonlocal held
        held, last = True, time.monotonic() + LONGEST_HOLD_SECONDS
        while held and time.monotonic() < last:
            time.sleep(0.02)

    def release(_number: int, _frame: FrameType | None) -> None:
        nonlocal held
        held = False

    signal.signal(signal.SIGUSR1, hold)
    signal.signal(signal.SIGUSR2, release)


def delay_some_commits(one_in: int, seconds: float) -> None:
    """Delay the commit of some transactions after they wrote their events, so that later ones commit first."""

    @event.listens_for(Session, "before_commit")
    def wait(session: Session) -> None:
        if session.info.get("emitted") and random.randrange(one_in) == 0:
            await_only(asyncio.sleep(random.uniform(0, seconds)))


if __name__ == "__main__":
    apply_patches(ServicePatches.from_env())
    sys.exit(serve.main())
