"""Topics and their creation. Automatic creation is off, so that a misspelt name creates no topic."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.pushes import TOPIC
from shared.events.bus import CHECKPOINTS
from shared.events.bus.connection import client_options
from shared.settings import Settings

LIBRARY_UPDATES = TOPIC
LONGEST_RECORD_BYTES = 8 * 1024 * 1024 + 65_536
"""The longest update accepted (json_limit_bytes) with its headers."""
_WEEK_MS = 7 * 24 * 3600 * 1000


def events_topic(service: str) -> str:
    """Return the topic of a service's events; it is kept without limit, for consumers that start from the beginning."""
    return f"{service}.events"


def dead_letters_topic(service: str) -> str:
    """Return the topic of a service's dead letters."""
    return f"{service}.dead-letters"


def topic_specs(settings: Settings, services: tuple[str, ...]) -> list[NewTopic]:
    """Return every topic with the partitions and replicas of the settings."""
    own = [name(service) for service in services for name in (events_topic, dead_letters_topic)]
    return [new_topic(topic, settings) for topic in (*own, LIBRARY_UPDATES, CHECKPOINTS)]


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
    """Create missing topics and leave existing ones unchanged. Returns the names of the new topics.

    Raises KafkaError if no broker answers or the login may not create topics.
    """
    admin = AIOKafkaAdminClient(**client_options(settings, "topics"))
    await admin.start()
    try:
        answer = await admin.create_topics(topic_specs(settings, services))
    finally:
        await admin.close()
    created = []
    for topic, code, *message in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            created.append(topic)
        elif error is not TopicAlreadyExistsError:
            raise error(f"{topic}: {message[0] if message else ''}")
    return created
