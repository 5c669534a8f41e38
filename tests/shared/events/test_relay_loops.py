"""Loops of the relay on recorded steps: locks, batches that grow, when it waits and when it goes on at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.backoff import FIRST_SECONDS, Backoff
from shared.events.relay import FEED, Relay
from tests.shared.events.relay_bench import Bench


class Loop:
    """Runs a loop of the relay on recorded steps: each takes the next result, and the loop stops after the last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, relay: Relay, locks: list[list[int]]) -> None:
        self.relay, self.locks, self.happened = relay, locks, list[Any]()
        self._replace = monkeypatch.setattr
        self.backoff = Backoff()
        self.backoff.next_delay()
        monkeypatch.setattr("shared.events.relay._wait_for", self._wait)
        monkeypatch.setattr(relay, "_lock", self._lock)

    async def _lock(self, _connection: object, numbers: Sequence[int]) -> list[int]:
        self.happened.append(("lock", *numbers))
        return self.locks.pop(0)

    async def _wait(self, _wakeup: asyncio.Event) -> None:
        self.happened.append("wait")

    def stepping(self, *results: int) -> Callable[..., Awaitable[int]]:
        """Return a step that records its shards or `place`, and ends the loop with the last result."""
        left = list(results)

        async def step(_connection: object, shards: Sequence[int] | None = None) -> int:
            self.happened.append("place" if shards is None else ("publish", self.relay._batch_limit, *sorted(shards)))
            self.relay.stopping = len(left) == 1
            return left.pop(0)

        return step

    async def publish(self, *results: int) -> list[Any]:
        self._replace(self.relay, "_publish_batch", self.stepping(*results))
        connection = cast("AsyncConnection", SimpleNamespace(execute=self._execute))
        await self.relay._publish_forever(connection, asyncio.Event(), self.backoff)
        return self.happened

    async def place(self, *results: int) -> list[Any]:
        self._replace(self.relay, "_place_once", self.stepping(*results))
        await self.relay._place_forever(cast("AsyncConnection", None), asyncio.Event(), self.backoff)
        return self.happened

    async def _execute(self, _statement: object) -> None:
        return


async def test_a_relay_asks_for_the_shards_it_lacks_and_skips_the_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Bench().relay
    relay._blocked_shards.failed(4)
    loop = Loop(monkeypatch, relay, [[3, 4, 5], [shard for shard in range(16) if shard not in (3, 4, 5)]])
    rest = [shard for shard in range(16) if shard not in (3, 4, 5)]
    without_blocked = [shard for shard in range(16) if shard != 4]
    assert await loop.publish(1, 2, 0) == [
        ("lock", *range(16)),
        ("publish", 1000, 3, 5),
        "wait",
        ("lock", *rest),
        ("publish", 1000, *without_blocked),
        "wait",
        ("publish", 1000, *without_blocked),
        "wait",
    ]
    assert loop.backoff._seconds == FIRST_SECONDS


async def test_full_batches_follow_at_once_and_grow_again_to_the_size_set(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Bench(batch=500).relay
    relay._batch_limit = 488
    loop = Loop(monkeypatch, relay, [[*range(16)]])
    happened = await loop.publish(488, 493, 498, 500, 499)
    assert [step if step == "wait" else step[1] for step in happened[1:]] == [488, 493, 498, 500, 500, "wait"]


async def test_a_small_batch_grows_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Bench(batch=3).relay
    relay._batch_limit = 1
    happened = await Loop(monkeypatch, relay, [[*range(16)]]).publish(1, 2, 3, 0)
    assert [step if step == "wait" else step[1] for step in happened[1:]] == [1, 2, 3, 3, "wait"]


async def test_positions_are_given_only_by_the_owner_of_their_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = Loop(monkeypatch, Bench(batch=10).relay, [[], [FEED]])
    loop.relay.wake()
    assert await loop.place(10, 10, 9) == [
        *[("lock", FEED), "wait"],
        *[("lock", FEED), "place", "place", "place", "wait"],
    ]
    assert loop.backoff._seconds == FIRST_SECONDS


@pytest.mark.parametrize(("placed", "told"), [(0, 0), (1, 1), (7, 1)])
async def test_readers_of_the_feed_are_told_of_new_positions(placed: int, told: int) -> None:
    relay, heard = Bench(batch=7).relay, list[int]()
    relay.on_placed += [lambda: heard.append(1), lambda: heard.append(2)]

    async def execute(_statement: object, given: Mapping[str, int]) -> SimpleNamespace:
        assert given == {"most": 7}
        return SimpleNamespace(rowcount=placed)

    assert await relay._place_once(cast("AsyncConnection", SimpleNamespace(execute=execute))) == placed
    assert heard == [1, 2] * told
