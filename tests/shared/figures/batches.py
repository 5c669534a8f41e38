"""Batches of figures entered and confirmed over HTTP, for the tests of several files."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from tests.world import World

JUNE = datetime(2026, 6, 25, 2, tzinfo=UTC)
AUTHOR, SECOND, THIRD = "city-officer-1", "city-officer-2", "city-supervisor-1"
DOCUMENT = {"document_title": "全国银行间同业拆借中心公告", "document_no": "2026年第4号", "documented_on": "2024-01-20"}
APRIL = "2026-03-20,2.90,3.40,公告\n2026-04-20,2.80,3.30,公告\n2026-05-20,2.80,3.30,公告\n2026-06-22,2.80,3.30,公告\n"
CSV = "publish_date,lpr_1y_pct,lpr_5y_pct,verification\n" + APRIL


def batch(kind: str = "lpr", *figures: dict[str, Any], file: bytes | None = None, **changed: Any) -> dict[str, Any]:
    body = {"kind": kind, "reason": "按月登记", **DOCUMENT, **changed}
    return body | ({"figures": list(figures)} if file is None else {"file": b64encode(file).decode()})


def rate(tenor: str, day: str, value: str, **marks: Any) -> dict[str, Any]:
    return {"key": tenor, "valid_from": day, "value": value, **marks}


async def enter(world: World, body: dict[str, Any], service: str = "funding", who: str = AUTHOR, **sent: Any) -> Any:
    return await world.call(service, "POST", "/v1/series/batches", who, body, **sent)


async def confirm(world: World, entered: Any, service: str = "funding", who: str = SECOND, **sent: Any) -> Any:
    return await world.call(service, "POST", f"/v1/series/batches/{entered.json()['id']}/confirm", who, **sent)


async def listed(world: World, service: str, **asked: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = await world.call(service, "GET", f"/v1/series?limit=200&{query}", None, status=200)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
