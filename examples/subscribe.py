"""Print each event of the suite once, with the amount of a payment.

Environment variables: TENGHUAN_KAFKA_SERVERS, _SECURITY, _USERNAME, _PASSWORD, _CA_FILE, and _GROUP, the consumer group
whose offsets the brokers store. A consumer that does more than print should store the ids of seen events together with
its work, in one transaction.
"""

import asyncio
import json
from contextlib import suppress
from os import environ
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError
from aiokafka.helpers import create_ssl_context

TOPICS = ("intake.events", "eligibility.events", "funding.events", "monitoring.events")


def setting(name: str, default: str | None = None) -> str | None:
    """Return the environment variable TENGHUAN_KAFKA_<name>."""
    return environ.get(f"TENGHUAN_KAFKA_{name}", default)


async def main() -> None:
    """Print events until interrupted."""
    options: dict[str, Any] = {"bootstrap_servers": setting("SERVERS", "127.0.0.1:9092")}
    options |= {"group_id": setting("GROUP", f"{setting('USERNAME', 'example')}.prints")}
    options |= {"auto_offset_reset": "earliest", "enable_auto_commit": False}
    options |= {"security_protocol": setting("SECURITY", "PLAINTEXT"), "sasl_mechanism": "SCRAM-SHA-512"}
    options |= {"sasl_plain_username": setting("USERNAME"), "sasl_plain_password": setting("PASSWORD")}
    options |= {"ssl_context": create_ssl_context(cafile=setting("CA_FILE"))}
    seen: set[str | None] = {None}  # a record without an id is not an event
    async with AIOKafkaConsumer(*TOPICS, **options) as consumer:
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    event = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
                    if event.get("ce_id") not in seen:
                        seen.add(event["ce_id"])
                        money = json.loads(record.value)["amount_yuan"] if "funds_released" in event["ce_type"] else ""
                        print(event["ce_type"], event["ce_district"], event["ce_subject"], money, flush=True)
            with suppress(CommitFailedError):  # the partitions moved to another member, which reads them again
                await consumer.commit()


with suppress(KeyboardInterrupt):
    asyncio.run(main())
