"""`python -m faults.service NAME` serves like `deploy.serve`, with what the campaign puts into it.

The product carries no hooks for tests: everything is patched here, before the service is loaded. `FAULTS` in the
environment says what (`Planted`, as JSON).
"""

import asyncio
import os
import random
import sys
from dataclasses import asdict, dataclass
from typing import Self

from pydantic_core import from_json, to_json
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from deploy import serve
from faults import history as witness
from faults.planted_bugs import IN_PROCESS
from faults.poison import Poison, poison_handlers


@dataclass(frozen=True)
class Planted:
    """What is put into the services of a run."""

    seed: int = 1
    poison_one_in: int = 0
    """One aggregate in so many makes its handlers fail; 0: none."""
    bug: str = ""
    """A name from `faults.planted_bugs`."""
    slow_one_in: int = 0
    """One transaction in so many that announce something stays open before it commits."""
    slow_seconds: float = 0.0
    copies_apart: float = 0.5
    """Of the batches announced: the share whose copies come after the whole batch, not one by one."""

    def environment(self) -> dict[str, str]:
        return {"FAULTS": to_json(asdict(self)).decode()}

    @classmethod
    def of_environment(cls) -> Self:
        return cls(**from_json(os.environ["FAULTS"]))


def plant(planted: Planted) -> None:
    """Put it into this process. What is applied is noted after the poison had its turn: poisoned work is not done."""
    poison_handlers(Poison(planted.seed, planted.poison_one_in))
    witness.note_what_is_applied()
    witness.publish_everything_twice(planted.copies_apart)
    if planted.slow_one_in:
        commit_some_late(planted.slow_one_in, planted.slow_seconds)
    if planted.bug in IN_PROCESS:
        IN_PROCESS[planted.bug]()


def commit_some_late(one_in: int, seconds: float) -> None:
    """Hold some transactions open after their events were written: later ones commit first."""

    @event.listens_for(Session, "before_commit")
    def wait(session: Session) -> None:
        if session.info.get("emitted") and random.randrange(one_in) == 0:
            await_only(asyncio.sleep(random.uniform(0, seconds)))


if __name__ == "__main__":
    plant(Planted.of_environment())
    sys.exit(serve.main())
