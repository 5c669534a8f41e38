"""The topics there are and how they are made. Brokers make none by themselves: a misspelt name must not become one."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.pushes import TOPIC
from shared.events.bus.connection import client_options
from shared.settings import Settings

LIBRARY_UPDATES = TOPIC
LONGEST_RECORD_BYTES = 8 * 1024 * 1024 + 65_536
"""An update of the longest that is taken (json_limit_bytes), with its headers."""
_WEEK_MS = 7 * 24 * 3600 * 1000


def events_topic(service: str) -> str:
    """Where a service announces what happened; kept for ever, so that a new reader can begin at the beginning."""
    return f"{service}.events"


def dead_letters_topic(service: str) -> str:
    """Where a service puts what it could not make sense of."""
    return f"{service}.dead-letters"


def wanted(settings: Settings, services: tuple[str, ...]) -> list[NewTopic]:
    """Every topic, with the partitions and replicas that the settings ask for."""
    own = [name(service) for service in services for name in (events_topic, dead_letters_topic)]
    return [new_topic(topic, settings) for topic in (*own, LIBRARY_UPDATES)]


def new_topic(topic: str, settings: Settings) -> NewTopic:
    """Return the topic as it is created: updates from outside are kept for a week, everything else for ever."""
    keep_ms = _WEEK_MS if topic == LIBRARY_UPDATES else -1
    return NewTopic(
        topic,
        settings.kafka_partitions,
        settings.kafka_replication,
        topic_configs={
            "retention.ms": str(keep_ms),
            "max.message.bytes": str(LONGEST_RECORD_BYTES),
            "min.insync.replicas": str(min(2, settings.kafka_replication)),
            "unclean.leader.election.enable": "false",
        },
    )


async def ensure_topics(settings: Settings, services: tuple[str, ...]) -> list[str]:
    """Make the topics that are missing; those there keep what they have. Returns the names of the new ones.

    Raises KafkaError: no broker answers, or this login may not make topics.
    """
    admin = AIOKafkaAdminClient(**client_options(settings, "topics"))
    await admin.start()
    try:
        answer = await admin.create_topics(wanted(settings, services))
    finally:
        await admin.close()
    made = []
    for topic, code, *message in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            made.append(topic)
        elif error is not TopicAlreadyExistsError:
            raise error(f"{topic}: {message[0] if message else ''}")
    return made
