"""The same pushes by way of the topic: sent until the broker has them, answered in the feed of intake. 四（一）2"""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from faults.workload.answers import rows_of
from faults.workload.caller import Caller
from faults.workload.log import Command
from shared.actors import hash_secret, signature
from shared.clock import Clock
from shared.contracts.pushes import REQUESTED, signed_content
from shared.events.bus.connection import client_options
from shared.events.bus.topics import LIBRARY_UPDATES, LONGEST_RECORD_BYTES

ANSWERED = "intake.library_update_answered.v1"
ATTEMPT_SECONDS = 10.0
LOOK_SECONDS = 0.5
Headers = list[tuple[str, bytes]]


class Updates:
    """The senders of all districts. Those of one key are sent one after the other, so that their order is known."""

    def __init__(self, caller: Caller, seed: int) -> None:
        self._caller = caller
        self._chance = random.Random(f"{seed}/updates")
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._parts: dict[str, dict[int, Any]] = defaultdict(dict)
        self._cursor, self._waiting = 0, 0
        self._looking: asyncio.Task[None] | None = None

    async def push(self, command: Command, credential: str, value: bytes) -> None:
        """Send an update and wait for its answer, which tells of the command what an HTTP answer would have."""
        _, _, key_id, secret = credential.split("_", 3)
        own_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        command.actor, command.key, command.started = f"key:{key_id}", own_id, time.monotonic()
        command.said["topic"] = LIBRARY_UPDATES
        async with self._turns[key_id]:
            command.said["sent"] = await self._send(command, key_id, _headers(key_id, secret, own_id, value), value)
            if command.said["sent"] and self._chance.random() < self._caller.plan.resent_share:
                other = value if self._chance.random() < 0.5 else b'{"book": "resources", "rows": []}'
                await self._send(command, key_id, _headers(key_id, secret, own_id, other), other)
        if command.said["sent"]:
            await self._answered(command, own_id)
        self._caller.log.end(command)

    async def _send(self, command: Command, key_id: str, headers: Headers, value: bytes) -> bool:
        """Whether the broker has it. A connection for each attempt: one that outlives a killed broker may never end.

        The producer is not idempotent, for then it would never give a record up; an update is taken once anyway.
        """
        while time.monotonic() < self._caller.give_up_at:
            command.attempts += 1
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await self._once(key_id, headers, value)
                return True
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))
        return False

    async def _once(self, key_id: str, headers: Headers, value: bytes) -> None:
        producer = AIOKafkaProducer(
            **client_options(self._caller.suite.settings, "districts"),
            acks="all",
            max_request_size=LONGEST_RECORD_BYTES,
            request_timeout_ms=int(ATTEMPT_SECONDS * 1000),
        )
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await producer.start()
                await producer.send_and_wait(LIBRARY_UPDATES, value, key=key_id.encode(), headers=headers)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(producer.stop(), 1)

    async def _answered(self, command: Command, own_id: str) -> None:
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            while time.monotonic() < self._caller.give_up_at:
                parts = self._parts[own_id]
                if parts and len(parts) == next(iter(parts.values()))["parts"]:
                    _tell(command, [parts[number] for number in sorted(parts)])
                    return
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._waiting -= 1

    async def _look(self) -> None:
        """Follow the feed as long as somebody waits for an answer."""
        while self._waiting:
            path = f"/events?type={ANSWERED}&limit=200&after={self._cursor}"
            page = await self._caller.ask("intake", path, "auditor-1")
            events = page.json()["events"] if page is not None and page.status_code == 200 else []
            for event in events:
                said = event["data"]
                if said["problem"] is None or said["problem"]["status"] != 401:
                    self._parts[said["request_id"]][said["part"]] = said
            if events:
                self._cursor = page.json()["next_cursor"] if page is not None else self._cursor
            else:
                await asyncio.sleep(LOOK_SECONDS)


def _tell(command: Command, parts: list[Any]) -> None:
    command.ended, problem = time.monotonic(), parts[0]["problem"]
    command.status, command.code = (problem["status"], problem["code"]) if problem else (200, "")
    if problem is None:
        command.answer = rows_of(row for part in parts for row in part["rows"])


def _headers(key_id: str, secret: str, own_id: str, value: bytes) -> Headers:
    moment = Clock().now().isoformat(timespec="seconds")
    signed = signature(hash_secret(secret), signed_content(own_id, moment, value))
    said = {
        "ce_specversion": "1.0", "ce_type": REQUESTED, "ce_source": f"/systems/{key_id}", "ce_id": own_id,
        "ce_time": moment, "keyid": key_id, "signature": signed,
    }  # fmt: skip
    return [(name, text.encode()) for name, text in said.items()]
