"""Compression of answers: from a size on, never of event streams and of files that are compressed already."""

import pytest
from fastapi import APIRouter, Response

from shared.storage.file_types import EXTENSIONS
from shared.web.app import COMPRESSED
from tests.shared.web.test_foundation import small_service
from tests.world import World


async def test_what_is_compressed(world: World) -> None:
    router = APIRouter()

    @router.get("/{size}/{kind:path}", response_model=None)
    async def answer(size: int, kind: str) -> Response:
        return Response(b"x" * size, media_type=kind)

    plain = ("text/event-stream", *EXTENSIONS)
    cases = {(1000, "application/json"): True, (999, "application/json"): False, (5000, "text/csv"): True}
    cases |= {(5000, kind): False for kind in plain}
    async with small_service(world, router) as client:
        found = {
            (size, kind): "content-encoding" in (await client.get(f"/{size}/{kind}")).headers for size, kind in cases
        }
    assert found == cases


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "image/jpeg", "application/zip", "text/event-stream"])
def test_kinds_that_are_sent_as_they_are(kind: str) -> None:
    assert kind in COMPRESSED
