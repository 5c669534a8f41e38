"""Pushes by the topic: sent until the broker accepts them, answered in intake's event feed. 四（一）2"""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from faults.workload.answers import row_results
from faults.workload.client import Client
from faults.workload.log import Command
from shared.actors import hash_secret, signature
from shared.clock import Clock
from shared.contracts.pushes import REQUESTED, signed_content
from shared.events.bus.connection import client_options
from shared.events.bus.topics import LIBRARY_UPDATES, LONGEST_RECORD_BYTES

ANSWERED = "intake.library_update_answered.v1"
ATTEMPT_SECONDS = 10.0
POLL_SECONDS = 0.5
Headers = list[tuple[str, bytes]]


class TopicSender:
    """Senders of all districts. Updates of one key are sent one after the other, so their order is known."""

    def __init__(self, client: Client, seed: int) -> None:
        self._client = client
        self._rng = random.Random(f"{seed}/updates")
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._parts: dict[str, dict[int, Any]] = defaultdict(dict)
        self._cursor, self._waiting = 0, 0
        self._polling: asyncio.Task[None] | None = None

    async def push(self, command: Command, credential: str, value: bytes) -> None:
        """Send an update, wait for its answer, and record it like an HTTP answer."""
        _, _, key_id, secret = credential.split("_", 3)
        request_id = str(UUID(int=self._rng.getrandbits(128), version=4))
        command.actor, command.key, command.started = f"key:{key_id}", request_id, time.monotonic()
        command.facts["topic"] = LIBRARY_UPDATES
        async with self._locks[key_id]:
            headers = _headers(key_id, secret, request_id, value)
            known_losses = len(self._client.endpoints.broker_losses)
            command.facts["sent"] = await self._send(command, key_id, headers, value)
            if command.facts["sent"] and self._rng.random() < self._client.profile.resent_share:
                other = value if self._rng.random() < 0.5 else b'{"book": "resources", "rows": []}'
                await self._send(command, key_id, _headers(key_id, secret, request_id, other), other)
        if command.facts["sent"]:
            again = partial(self._send, command, key_id, headers, value)
            await self._wait_for_answer(command, request_id, known_losses, again)
        self._client.log.end(command)

    async def _send(self, command: Command, key_id: str, headers: Headers, value: bytes) -> bool:
        """Send an update until the broker accepts it; return whether it did.

        Each attempt has its own producer, since one that outlives a killed broker may never end. It is not idempotent,
        for an idempotent producer never gives a record up; intake takes an update once anyway.
        """
        while time.monotonic() < self._client.give_up_at:
            command.attempts += 1
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await self._send_once(key_id, headers, value)
                return True
            await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        return False

    async def _send_once(self, key_id: str, headers: Headers, value: bytes) -> None:
        producer = AIOKafkaProducer(
            **client_options(self._client.endpoints.settings, "districts"),
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

    async def _wait_for_answer(
        self, command: Command, request_id: str, known_losses: int, send_again: Callable[[], Awaitable[bool]]
    ) -> None:
        """Wait for all parts of an answer; after the loss of a broker send the update again, as districts do."""
        self._waiting += 1
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll_feed())
        try:
            while time.monotonic() < self._client.give_up_at:
                parts = self._parts[request_id]
                if parts and len(parts) == next(iter(parts.values()))["parts"]:
                    _record_answer(command, [parts[number] for number in sorted(parts)])
                    return
                if (losses := len(self._client.endpoints.broker_losses)) > known_losses:
                    known_losses, command.facts["sent_again"] = losses, True
                    await send_again()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._waiting -= 1

    async def _poll_feed(self) -> None:
        """Follow the feed while an update waits for its answer."""
        while self._waiting:
            path = f"/events?type={ANSWERED}&limit=200&after={self._cursor}"
            page = await self._client.get("intake", path, "auditor-1")
            events = page.json()["events"] if page is not None and page.status_code == 200 else []
            for event in events:
                answer = event["data"]
                if answer["problem"] is None or answer["problem"]["status"] != 401:
                    self._parts[answer["request_id"]][answer["part"]] = answer
            if events:
                self._cursor = page.json()["next_cursor"] if page is not None else self._cursor
            else:
                await asyncio.sleep(POLL_SECONDS)


def _record_answer(command: Command, parts: list[Any]) -> None:
    command.ended, problem = time.monotonic(), parts[0]["problem"]
    command.status, command.code = (problem["status"], problem["code"]) if problem else (200, "")
    if problem is None:
        command.answer = row_results(row for part in parts for row in part["rows"])


def _headers(key_id: str, secret: str, request_id: str, value: bytes) -> Headers:
    moment = Clock().now().isoformat(timespec="seconds")
    signed = signature(hash_secret(secret), signed_content(request_id, moment, value))
    headers = {
        "ce_specversion": "1.0", "ce_type": REQUESTED, "ce_source": f"/systems/{key_id}", "ce_id": request_id,
        "ce_time": moment, "keyid": key_id, "signature": signed,
    }  # fmt: skip
    return [(name, text.encode()) for name, text in headers.items()]
