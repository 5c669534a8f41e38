"""Topics and the options of Kafka clients: every value, which topics are made, which answers are errors."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from services import SERVICES
from shared.events.bus import connection, topics
from shared.events.bus.connection import client_options
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, ensure_topics, events_topic, topic_specs
from shared.settings import Settings
from shared.start_checks import check_settings

WEEK_MS, LONGEST = 604_800_000, 8_454_144


@pytest.mark.parametrize(("replication", "in_sync"), [(1, 1), (2, 2), (3, 2), (5, 2)])
def test_every_topic_keeps_its_records_as_long_as_it_must(replication: int, in_sync: int) -> None:
    settings = Settings(kafka_partitions=7, kafka_replication=replication)
    found = {each.name: each for each in topic_specs(settings, SERVICES)}
    assert set(found) == {
        *(f"{service}.{kind}" for service in SERVICES for kind in ("events", "dead-letters")),
        "district.library-updates",
        "seal.checkpoints",
    }
    for name, spec in found.items():
        assert (spec.num_partitions, spec.replication_factor) == (7, replication)
        assert spec.topic_configs == {
            "retention.ms": str(WEEK_MS if name == "district.library-updates" else -1),
            "max.message.bytes": str(LONGEST),
            "min.insync.replicas": str(in_sync),
            "unclean.leader.election.enable": "false",
        }


def test_the_topics_of_a_service_and_of_the_districts() -> None:
    assert (events_topic("funding"), dead_letters_topic("funding")) == ("funding.events", "funding.dead-letters")
    assert LIBRARY_UPDATES == "district.library-updates"
    assert [each.name for each in topic_specs(Settings(), ("funding",))] == [
        *("funding.events", "funding.dead-letters", "district.library-updates", "seal.checkpoints")
    ]


class Admin:
    """A client that answers with codes by topic: 0 created, 36 exists, 29 not allowed."""

    codes: ClassVar[dict[str, int]] = {}
    closed = 0

    def __init__(self, **options: Any) -> None:
        assert options["client_id"] == "tenghuan-topics"

    async def start(self) -> None:
        return

    async def create_topics(self, specs: list[Any]) -> Any:
        answered = [(spec.name, self.codes.get(spec.name, 36), f"about {spec.name}") for spec in specs]
        return type("Answer", (), {"topic_errors": answered})

    async def close(self) -> None:
        Admin.closed += 1


@pytest.mark.parametrize(
    ("codes", "made"),
    [
        ({}, []),
        ({"funding.events": 0}, ["funding.events"]),
        ({"funding.events": 0, "district.library-updates": 0}, ["funding.events", "district.library-updates"]),
    ],
    ids=["all exist", "one", "two"],
)
async def test_the_topics_that_were_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, codes: dict[str, int], made: list[str]
) -> None:
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", Admin)
    monkeypatch.setattr(Admin, "codes", codes)
    monkeypatch.setattr(Admin, "closed", 0)
    assert await ensure_topics(Settings(), ("funding",)) == made
    assert Admin.closed == 1


async def test_another_answer_is_an_error_with_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", Admin)
    monkeypatch.setattr(Admin, "codes", {"funding.events": 0, "funding.dead-letters": 29})
    monkeypatch.setattr(Admin, "closed", 0)
    with pytest.raises(TopicAuthorizationFailedError, match=r"funding\.dead-letters: about") as refused:
        await ensure_topics(Settings(), ("funding",))
    assert isinstance(refused.value, KafkaError)
    assert Admin.closed == 1


LOGIN = {
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_plain_username": "funding",
    "sasl_plain_password": "示例-secret",
}
FILES = {"cafile": "/ca.pem", "certfile": None, "keyfile": None}


@pytest.mark.parametrize(
    ("security", "more"),
    [
        ("PLAINTEXT", {}),
        ("SASL_PLAINTEXT", LOGIN),
        ("SSL", {"ssl_context": FILES}),
        ("SASL_SSL", {**LOGIN, "ssl_context": FILES}),
    ],
)
def test_each_kind_of_connection_has_its_options(
    monkeypatch: pytest.MonkeyPatch, security: str, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(connection, "create_ssl_context", lambda **files: files)
    settings = Settings.model_validate(
        {
            **{
                "kafka_servers": "127.0.0.1:9092,localhost:9093",
                "kafka_security": security,
                "kafka_username": "funding",
            },
            **{"kafka_username": "funding", "kafka_password": "示例-secret", "kafka_ca_file": Path("/ca.pem")},
        }
    )
    assert client_options(settings, "funding") == {
        **{"bootstrap_servers": ["127.0.0.1:9092", "localhost:9093"], "client_id": "tenghuan-funding"},
        **{"security_protocol": security, **more},
    }


@pytest.mark.parametrize(
    ("servers", "security", "refused"),
    [
        ("127.0.0.1:9092,localhost:9093,[::1]:9094", "PLAINTEXT", ""),
        ("127.0.0.1:9092,kafka:9093", "PLAINTEXT", "kafka is another"),
        ("127.0.0.2:9092", "PLAINTEXT", r"127\.0\.0\.2 is another"),
        ("kafka:9093", "SASL_PLAINTEXT", ""),
        ("kafka:9093", "SSL", ""),
        ("kafka:9093", "SASL_SSL", ""),
    ],
)
def test_brokers_of_another_machine_need_a_login(servers: str, security: str, refused: str) -> None:
    settings = Settings.model_validate({"bus": "kafka", "kafka_servers": servers, "kafka_security": security})
    with pytest.raises(ValueError, match=refused) if refused else nullcontext():
        check_settings(settings)
    with pytest.raises(ValueError, match=refused) if refused else nullcontext():
        client_options(settings, "funding")
