"""Papers that tests attach to records, over HTTP."""

import itertools
from typing import Any
from urllib.parse import urlencode

import httpx

from deploy.demo.personas import Persona
from tests.world import World

_files = itertools.count(1)
PDF = b"%PDF-1.7\n"


async def sent(
    world: World, service: str, who: str | Persona, body: bytes | None = None, filename: str = "附件.pdf", **query: Any
) -> httpx.Response:
    """Upload a paper and return the answer; without a body it has unique content."""
    number = next(_files)
    address = urlencode({name: value for name, value in {"filename": filename, **query}.items() if value is not None})
    return await world.clients[service].post(
        f"/v1/attachments?{address}",
        content=PDF + b"a%05d" % number if body is None else body,
        headers={"authorization": f"Bearer {world.token(who)}", "idempotency-key": f"attachment-{number}"},
    )


async def attached(
    world: World, service: str, who: str | Persona, record: str, record_id: Any, kind: str, **more: Any
) -> str:
    """Upload a paper to a record (None: to a desk) and return its id."""
    answer = await sent(world, service, who, record=record, record_id=record_id, kind=kind, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
