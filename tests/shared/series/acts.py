"""Batches of figures that a service owns, entered and decided; none changes what the other tests compute."""

from typing import Any

from tests.world import World

AUTHOR, SECOND = "city-officer-1", "city-officer-2"
FIGURES = {
    "funding": ("lpr", {"key": "1Y", "valid_from": "2019-10-21"}, ("4.19", "4.18", "4.17")),
    "eligibility": ("parameter", {"key": "evaluation_reminder_days", "valid_from": "2030-01-01"}, ("61", "62", "63")),
    "monitoring": ("factor", {"key": "gas_factor", "valid_from": "2030-01-01"}, ("2.163", "2.164", "2.165")),
}
REASON = {"reason": "示例理由"}


def body(service: str, turn: int = 0) -> dict[str, Any]:
    """Return a batch of one figure; each turn has another value."""
    kind, place, values = FIGURES[service]
    document = {"document_title": "示例公告", "document_no": "2024年第1号", "documented_on": "2024-02-20"}
    return {"kind": kind, "figures": [place | {"value": values[turn]}], **document, "reason": "更正录入差错"}


async def entered(world: World, service: str, turn: int = 0) -> str:
    """Enter a batch and return its id."""
    made = await world.post(service, "/v1/series/batches", AUTHOR, body(service, turn), 201)
    return str(made["id"])


async def every_act(world: World, service: str) -> None:
    """Confirm, return and withdraw a batch each, and compute a case again where the service can."""
    await world.call(service, "POST", "/v1/series/preview", AUTHOR, body(service), status=200)
    for turn, (act, who, sent) in enumerate(
        (("withdraw", AUTHOR, REASON), ("return", SECOND, REASON), ("confirm", SECOND, None))
    ):
        await world.post(service, f"/v1/series/batches/{await entered(world, service, turn)}/{act}", who, sent)
