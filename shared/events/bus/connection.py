"""How a process of ours reaches the brokers: addresses, login and certificates, from the settings."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka.helpers import create_ssl_context

from shared.settings import Settings


def client_options(settings: Settings, name: str) -> dict[str, Any]:
    """What every aiokafka client is given. Raises OSError for a certificate file that cannot be read."""
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


async def within(seconds: float, ending: Coroutine[Any, Any, object]) -> bool:
    """Let a client's ending have so many seconds; whether it came to its end.

    Nothing it raises gets out, nor a cancellation: clients cancel tasks of their own, and wait for what never comes.
    """
    task = asyncio.ensure_future(ending)
    try:
        _, late = await asyncio.wait({task}, timeout=seconds)
        if late:
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)
    finally:
        task.cancel()
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return not task.cancelled() and task.done() and task.exception() is None


def _path(file: object) -> str | None:
    return None if file is None else str(file)
