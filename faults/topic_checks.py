"""Checks of the topics at the end, as an outside consumer reads them: every event, its order, and the dead letters."""

import asyncio
import base64
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import from_json

from faults.garbage import HEADER, mark_in
from faults.lag import subscriptions
from faults.published import PublishedTopic, read_topics
from faults.suite import RunningSuite
from services import SERVICES
from shared.events.bus.topics import dead_letters_topic, events_topic

DEAD_LETTER_SECONDS = 60.0
"""Time for dead letters to be written: unreadable records are not events, so no lag shows them."""


async def published_in_order(suite: RunningSuite, admin: asyncpg.Connection) -> str:
    """Check that every event is on its topic, in the order of its aggregate, and that dead letters are complete.

    A broker that lost its data gets the old events after newer ones: there the order was checked before the loss.
    """
    found = await read_topics(suite.settings, [events_topic(service) for service in SERVICES])
    for service in SERVICES:
        topic = found[events_topic(service)]
        if topic.out_of_order and not suite.broker_replaced:
            return topic.out_of_order[0]
        for aggregate, seq in await admin.fetch(f"SELECT aggregate_id, seq FROM {service}.stream_head"):
            if topic.seen.get(aggregate, set()) != set(range(1, seq + 1)):
                return f"{service} has {seq} events of {aggregate}, its topic has {len(topic.seen.get(aggregate, ()))}"
    deadline = time.monotonic() + DEAD_LETTER_SECONDS
    while (difference := await _dead_letters(suite, admin, found)) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return difference


async def _dead_letters(suite: RunningSuite, admin: asyncpg.Connection, events: dict[str, PublishedTopic]) -> str:
    """Check the dead letters of each consumer against the garbage of its topics, and their notices."""
    notices = await read_topics(suite.settings, [dead_letters_topic(service) for service in SERVICES])
    for reader in SERVICES:
        sources = [source for consumer, source in subscriptions() if consumer == reader]
        expected = set().union(*(events[events_topic(source)].garbage for source in sources))
        rows = await admin.fetch(f"SELECT id, at, event_id, record FROM {reader}.dead_letter")
        announced = set(notices[dead_letters_topic(reader)].last)
        for difference in (
            *compare_letters(rows, expected, suite.garbage if suite.broker_replaced else expected),
            *_compare_notices(suite, rows, announced),
        ):
            return f"{reader} {difference}"
    return ""


def compare_letters(rows: list[Any], on_topics: set[str], sent: set[str]) -> Iterator[str]:
    """Yield differences between dead letters and garbage: what lies on the topics must be there, and nothing unsent."""
    recorded = [_mark_of(row) for row in rows]
    if missing := on_topics - set(recorded):
        yield f"has no dead letter for {len(missing)} records of garbage, first {min(missing)}"
    if invented := set(recorded) - sent:
        yield f"has {len(invented)} dead letters for which no garbage was sent, first {min(invented)}"
    if len(recorded) != len(set(recorded)):
        yield f"has {len(recorded)} dead letters for {len(set(recorded))} records"


def _mark_of(row: Any) -> str:
    if row["event_id"] is not None:
        return str(row["event_id"])
    headers = dict(from_json(row["record"])["headers"])
    return mark_in(base64.b64decode(headers[HEADER])) if HEADER in headers else f"letter {row['id']}"


def _compare_notices(suite: RunningSuite, rows: list[Any], announced: set[UUID]) -> Iterator[str]:
    """Yield differences between dead letters and their notices, of which a lost broker takes those before its loss."""
    since = max(suite.broker_replaced, default=None)
    due = {row["id"] for row in rows if since is None or row["at"] > since}
    if due - announced or announced - {row["id"] for row in rows}:
        yield f"has {len(rows)} dead letters, {len(due)} to be announced, and announced {len(announced)}"
