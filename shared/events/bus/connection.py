"""Connection options of Kafka clients, from the settings: addresses, login and certificates."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka.helpers import create_ssl_context

from shared.events.bus.brokers import check_brokers
from shared.settings import Settings


def client_options(settings: Settings, name: str) -> dict[str, Any]:
    """Return the options of every aiokafka client.

    Raises OSError for an unreadable certificate file, and ValueError for brokers elsewhere without a login.
    """
    check_brokers(settings)
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_servers.split(","),
        "client_id": f"tenghuan-{name}",
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.startswith("SASL"):
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    if settings.kafka_security.endswith("SSL"):
        options["ssl_context"] = create_ssl_context(
            cafile=_path(settings.kafka_ca_file),
            certfile=_path(settings.kafka_certificate_file),
            keyfile=_path(settings.kafka_key_file),
        )
    return options


async def finish_within(seconds: float, closing: Coroutine[Any, Any, object]) -> bool:
    """Await the closing of a client for at most `seconds`; return whether it finished without an error.

    Its exceptions and cancellations are suppressed: closing clients cancel tasks of their own and may hang.
    """
    task = asyncio.ensure_future(closing)
    try:
        _, late = await asyncio.wait({task}, timeout=seconds)
        if late:
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)
    finally:
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return not task.cancelled() and task.done() and task.exception() is None


def _path(file: object) -> str | None:
    return None if file is None else str(file)
