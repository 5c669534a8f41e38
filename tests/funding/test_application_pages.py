"""Pages of the list of applications."""

from tests.funding.case import enter_pool
from tests.world import World


async def test_applications_are_listed_page_by_page(world: World) -> None:
    cases = {str(await enter_pool(world)) for _ in range(3)}
    seen: set[str] = set()
    cursor = ""
    for _ in range(3):
        page = await world.get("funding", f"/v1/applications?limit=1&status=received{cursor}", "city-officer-1")
        seen |= {item["id"] for item in page["items"]}
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == (cases, None)
    assert (await world.get("funding", "/v1/applications?status=declined", "city-officer-1"))["items"] == []
