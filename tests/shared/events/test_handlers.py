"""Handlers of a consumer: readiness, the request that an event belongs to, runs of a batch handler."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs
from shared.contracts.intake import DeclarationReceived, DeclarationWithdrawn
from shared.events.bus import Message
from shared.events.handlers import BatchHandler
from shared.events.inbox import Consumer
from tests.shared.events.test_delivery import RecordingConsumer, message
from tests.world import World


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)


async def test_a_consumer_is_unready_only_while_the_database_is_away(world: World, recorder: RecordingConsumer) -> None:
    ready: list[bool] = []

    async def fail_twice(session: AsyncSession, event: DeclarationWithdrawn) -> None:
        ready.append(recorder.consumer.healthy)
        if len(ready) < 3:
            raise OperationalError("", {}, ConnectionError())

    recorder.consumer.handlers = {DeclarationWithdrawn: fail_twice}
    await recorder.consumer.deliver([message(uuid4(), 1, world)])
    assert (ready, recorder.consumer.healthy) == ([True, False, False], True)


async def test_events_are_handled_under_the_request_that_led_to_them(world: World, recorder: RecordingConsumer) -> None:
    heard: list[tuple[str, str, str, str]] = []

    async def listen(_session: AsyncSession, event: Any) -> None:
        here = logs.context()
        heard.append((here.service, here.request_id, here.route, here.case))

    recorder.consumer.handlers = {DeclarationWithdrawn: listen, DeclarationReceived: BatchHandler(listen)}
    one, two = uuid4(), uuid4()
    sent = [
        replace(message(subject, 1, world), headers={"requestid": request, "traceparent": "00-1-2-01"})
        for subject, request in ((one, "request-1"), (two, "request-2"))
    ]
    alone = replace(received(world, one, 2), headers={"requestid": "request-3"})
    await recorder.consumer.deliver([*sent, alone])
    assert heard == [
        ("monitoring", "request-1", DeclarationWithdrawn.type, str(one)),
        ("monitoring", "request-2", DeclarationWithdrawn.type, str(two)),
        ("monitoring", "request-3", DeclarationReceived.type, str(one)),
    ]


def received(world: World, subject: UUID, seq: int) -> Message:
    event = DeclarationReceived(
        declaration_id=subject, district="110105", received_on=world.clock.today(), construction_status="completed"
    )
    return replace(message(subject, seq, world, event.type), data=event.model_dump_json().encode())


async def test_a_batch_handler_gets_consecutive_events_of_its_type_and_none_twice(
    world: World, recorder: RecordingConsumer
) -> None:
    runs: list[list[str]] = []

    async def together(_session: AsyncSession, events: Sequence[DeclarationWithdrawn]) -> None:
        runs.append([event.reason for event in events])

    async def alone(_session: AsyncSession, event: DeclarationReceived) -> None:
        runs.append(["received"])

    handlers: dict[Any, Callable[..., Any] | BatchHandler] = {
        DeclarationWithdrawn: BatchHandler(together),
        DeclarationReceived: alone,
    }
    subject, other = uuid4(), uuid4()
    consumer = Consumer(recorder.database, handlers)
    await consumer.deliver(
        [
            *(message(subject, 1, world), message(other, 1, world), message(subject, 2, world)),
            *(received(world, subject, 3), message(subject, 4, world), received(world, subject, 5)),
        ]
    )
    assert runs == [["第1次", "第1次", "第2次"], ["received"], ["第4次"], ["received"]]
