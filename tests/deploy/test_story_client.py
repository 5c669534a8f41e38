"""The demonstration tells of data that an earlier version left."""

import httpx
import pytest

from deploy.demo.personas import Signer
from deploy.demo.story.client import StoryClient, Unexpected
from shared.settings import Settings


@pytest.mark.parametrize(("code", "hinted"), [("idempotency_key_reused", True), ("malformed", False)])
async def test_a_step_that_was_told_otherwise_before_names_the_way_out(code: str, hinted: bool) -> None:
    client = StoryClient({"intake": "http://intake.test"}, Signer(), Settings())
    refused = httpx.MockTransport(lambda _: httpx.Response(422, json={"code": code}))
    client._clients["intake"] = httpx.AsyncClient(base_url="http://intake.test", transport=refused)
    async with client:
        with pytest.raises(Unexpected) as told:
            await client.post("intake", "/v1/declarations", "city-officer-1", "key", {})
    assert ("make clean" in str(told.value)) is hinted
