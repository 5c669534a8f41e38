"""Random alterations of every sealed table and of stored files: each is found and named, and nothing else is.

`make alterations` runs a thousand of them.
"""

import os
import random
from collections import Counter

import asyncpg
import pytest

from services import SERVICES, load
from shared.sealing.keys import public_keys
from shared.sealing.verify import Verification
from tests.eligibility import fixtures as eligibility_fixtures
from tests.funding import case as funding_case
from tests.intake import sample_declarations
from tests.journeys.populate import populate
from tests.monitoring import fixtures as monitoring_fixtures
from tests.sealing import seal, verify
from tests.shared.sealing.alterations import Altered, FileHand, Hand
from tests.world import World

MANY = int(os.environ.get("TENGHUAN_ALTERATIONS", "60"))
SEED = int(os.environ.get("TENGHUAN_SEED", "11"))
WAYS = ("value", "delete", "insert", "reorder")
FILE = "file"


class Attack:
    """The prepared suite with the superuser's connection, on which each alteration is undone."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.admin: asyncpg.Connection = world.database.admin
        self.hands: list[tuple[str, Hand]] = []
        self.files = FileHand(world, chance)
        self.store = world.instances["intake"].files

    async def prepare(self) -> None:
        """Read the sealed tables, put a record by hand into those without any, then seal all."""
        for service in SERVICES:
            for table in load(service).seals.tables:
                hand = Hand(self.admin, table, self.chance)
                if not await hand.prepare():
                    await hand.fill()
                self.hands.append((service, hand))
        for _ in range(3):
            await seal(self.world)
            await add_a_case_to_each(self.world)
            await self.world.settle()
        await seal(self.world)

    async def alter_and_verify(self, number: int) -> tuple[Altered, set[tuple[str, str]]] | None:
        """Make one alteration, return what it was and what verifying names, and undo it."""
        if number % (len(self.hands) + 1) == len(self.hands):
            altered = self.files.alter(self.chance.choice(("value", "delete")))
            try:
                return altered, await self._named("intake", with_files=True)
            finally:
                self.files.restore()
        service, hand = self.hands[number % (len(self.hands) + 1)]
        undone = self.admin.transaction()
        await undone.start()
        try:
            done = await hand.alter(self.chance.choice(WAYS))
            return (done, await self._named(service, with_files=False)) if done else None
        finally:
            await undone.rollback()

    async def _named(self, service: str, *, with_files: bool) -> set[tuple[str, str]]:
        verification = Verification(
            self.admin, service, load(service).seals, public_keys(self.world.settings),
            store=self.store if with_files else None,
        )  # fmt: skip
        async with self.admin.transaction():
            report = await verification.run()
        return {(fault.kind, fault.key) for fault, _ in report.faults}


async def add_a_case_to_each(world: World) -> None:
    """Write something in each service."""
    await sample_declarations.ready(world, project_code=None)
    await eligibility_fixtures.forward(world, eligibility_fixtures.facts())
    await funding_case.enter_pool(world)
    await monitoring_fixtures.funded_project(world)


@pytest.fixture
async def attack(world: World) -> Attack:
    for name in SERVICES:
        await populate(world, name)
    await world.settle()
    prepared = Attack(world, random.Random(SEED))
    await prepared.prepare()
    return prepared


async def test_every_alteration_is_found_and_named(attack: Attack) -> None:
    for service in SERVICES:
        assert (await verify(attack.world, service)).faults == []
    ways: Counter[tuple[str, str]] = Counter()
    overlooked = []
    number = 0
    while ways.total() < MANY:
        done = await attack.alter_and_verify(number)
        number += 1
        if done is None:
            continue
        altered, named = done
        ways[altered.kind, altered.how] += 1
        if not {(altered.kind, key) for key in altered.keys} <= named:
            overlooked.append((altered, named))
    assert overlooked == []
    if MANY >= 1000:
        assert {kind for kind, _ in ways} == {hand.table.kind for _, hand in attack.hands} | {FILE}
        assert {how for _, how in ways} == set(WAYS)
    for service in SERVICES:
        assert (await verify(attack.world, service)).faults == []
