"""Notice of a dead letter, sent to the topic `<service>.dead-letters`."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Service = Literal["intake", "eligibility", "funding", "monitoring"]


def dead_lettered_type(service: str) -> str:
    """Return the CloudEvents type of a service's notices; the subject is the dead letter."""
    return f"{service}.message_dead_lettered.v1"


class DeadRecord(BaseModel):
    """A Kafka record with its bytes in Base64; for a message from another bus, the record as Kafka would carry it."""

    model_config = ConfigDict(frozen=True)

    key: str | None
    headers: tuple[tuple[str, str], ...]
    value: str | None


class MessageDeadLettered(BaseModel):
    """A message was dead-lettered: it is unreadable, or its type, version or data are unknown to the service."""

    model_config = ConfigDict(frozen=True)

    id: UUID = Field(title="死信标识")
    at: datetime = Field(title="搁置时间")
    topic: str | None = Field(title="来源主题")
    partition: int | None = Field(title="来源分区")
    offset: int | None = Field(title="来源位移")
    event_id: UUID | None = Field(title="事件标识，能读出时")
    source: str | None = Field(title="发出服务，能读出时")
    type: str | None = Field(title="事件类型，能读出时")
    aggregate_id: UUID | None = Field(title="事项标识，能读出时")
    agg_seq: int | None = Field(title="事项内序号，能读出时")
    error: str = Field(title="原因")
    record: DeadRecord | None = Field(title="原始记录；过大时从略，以 tenghuan dlq show 查看")
