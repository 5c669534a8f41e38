"""Consumer lag, as the metrics report it."""

import asyncio

from tests.broker.cluster import Broker
from tests.broker.subscriber import TOPIC, RecordingSubscriber, message, running_bus, wait_until


async def test_the_lag_counts_what_was_not_fetched_yet(broker: Broker) -> None:
    subscriber, settings = RecordingSubscriber(), broker.settings()
    settings = settings.model_copy(update={"kafka_batch": 1})
    subscriber.open.clear()
    async with running_bus(settings, subscriber) as bus:
        await bus.publish(TOPIC, [message(seq=1) for _ in range(10)])
        await wait_until(lambda: bus.outage() == "")
        async with asyncio.timeout(60):
            while (await bus.lag()).get(TOPIC) != 9:  # noqa: ASYNC110 - what is waited for happens in a broker
                await asyncio.sleep(0.05)
        subscriber.open.set()
        await wait_until(lambda: len(subscriber.received) == 10)
        assert await bus.lag() == {TOPIC: 0}
