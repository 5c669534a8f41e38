"""Worlds that a row of the regression suite starts from, and the names that its steps may use as {name}."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.eligibility.fixtures import facts, forward, receive
from tests.eligibility.test_what_if import sample
from tests.intake.sample_declarations import accepted, draft, submitted
from tests.intake.sample_rows import project, push, push_projects, resource
from tests.world import World

Names = Mapping[str, str]


async def _empty(world: World) -> Names:
    return {}


async def _draft(world: World) -> Names:
    return {"declaration": str((await draft(world))["id"])}


async def _submitted(world: World) -> Names:
    return {"declaration": await submitted(world)}


async def _accepted(world: World) -> Names:
    return {"declaration": await accepted(world)}


async def _under_review(world: World) -> Names:
    declaration_id = await forward(world, facts())
    await receive(world, declaration_id)
    return {"declaration": str(declaration_id)}


async def _registers(world: World) -> Names:
    await push(world, [resource()])
    await push_projects(world, [project()])
    await world.settle()
    return {"district": "110105"}


async def _sample_library(world: World) -> Names:
    await sample(world, "110105", "110106")
    return {}


PREPARED: Final[Mapping[str, Callable[[World], Awaitable[Names]]]] = {
    "empty": _empty,
    "draft": _draft,
    "submitted": _submitted,
    "accepted": _accepted,
    "under_review": _under_review,
    "registers": _registers,
    "sample_library": _sample_library,
}
"""By the name that a row gives as `world`; the README says what each holds."""
