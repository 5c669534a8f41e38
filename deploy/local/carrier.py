"""The bus that carries a database's events, remembered as a comment on the schema of each service.

An event that one bus has delivered never reaches another. A suite started on the same data with another bus would tell
its story, report success and send nothing; it refuses instead.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.settings import Settings
from shared.storage.migrate import admin_engine

BUSES = {"inprocess": "the in-process bus (make run)", "kafka": "Kafka (make run-kafka)"}
_PREFIX = "events are carried by "
_LOCK = 0x7E13


class OtherCarrier(Exception):
    """Another bus carries the events of this database; the message says how to change over."""


async def claim(settings: Settings, bus: str, services: Iterable[str]) -> None:
    """Remember `bus` as the carrier of these services' events. Raises OtherCarrier when another one is remembered."""
    await _in_one_transaction(settings, bus, services, change_over=False)


async def change_over(settings: Settings, bus: str, services: Iterable[str]) -> None:
    """Remember `bus` in place of any other."""
    await _in_one_transaction(settings, bus, services, change_over=True)


async def _in_one_transaction(settings: Settings, bus: str, services: Iterable[str], *, change_over: bool) -> None:
    engine = admin_engine(settings)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            for service in services:
                found = await carrier(connection, service)
                if found not in (None, bus) and not change_over:
                    raise OtherCarrier(_refusal(service, str(found), bus))
                if found != bus:
                    await connection.execute(text(f"COMMENT ON SCHEMA {service} IS '{_PREFIX}{bus}'"))
    finally:
        await engine.dispose()


async def carrier(connection: AsyncConnection, service: str) -> str | None:
    """Return the bus that carries the service's events; None before the first start with a bus."""
    comment = await connection.scalar(
        text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"), {"name": service}
    )
    return comment.removeprefix(_PREFIX) if comment and comment.startswith(_PREFIX) else None


def _refusal(service: str, found: str, bus: str) -> str:
    return (
        f"The events of {service} in this database are carried by {BUSES.get(found, found)}; what it delivered would "
        f"never reach {BUSES[bus]}. Choose another TENGHUAN_DATA_DIR, forget the data (make clean), or change over "
        f"with: ./tenghuan bus use {bus} --reason …"
    )
