"""What a service says about a message that it could not make sense of, in its topic `<service>.dead-letters`."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Service = Literal["intake", "eligibility", "funding", "monitoring"]


def dead_lettered_type(service: str) -> str:
    """The CloudEvents type of the notice; its subject is the dead letter."""
    return f"{service}.message_dead_lettered.v1"


class DeadRecord(BaseModel):
    """A record as it came, bytes in Base64; a message that no broker brought, as it would have been sent."""

    model_config = ConfigDict(frozen=True)

    key: str | None
    headers: tuple[tuple[str, str], ...]
    value: str | None


class MessageDeadLettered(BaseModel):
    """A message was put aside at once: nobody could read it, or its type, version or data are not known here."""

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
