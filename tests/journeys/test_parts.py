"""Every part that is read with a record raises the record's version when it is written."""

from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase

from services import SERVICES, load
from shared.actors import system_actor
from shared.storage import versions
from shared.storage.versions import Part
from tests.journeys.populate import populate
from tests.world import World

IMMUTABLE = "a version, a decision or a file of its own, which never changes and is read by its own id"
COUNTER = "a number, which nobody reads as a record"
STATE = "what the service knows of another's record; nobody decides on it by its version"
TAGGED = "its reader's entity tag is made of the content (expect_tag)"
NEITHER = {
    "intake": {
        "DeclarationCounter": COUNTER,
        "EntityCredit": STATE,
        "LibraryResource": "links that the content of a library project states",
        "ProjectIdentity": "who holds a project; the refusal of a second declaration reads it",
        "QuarterSnapshot": IMMUTABLE,
    },
    "eligibility": {
        "DistrictStandard": IMMUTABLE,
        "PoolEntry": "ranks of a year, computed anew with each entry; entering changes the review itself",
        "StandardDecision": TAGGED,
        "StoredRuleset": IMMUTABLE,
    },
    "funding": {
        "EntityGrade": STATE,
        "InterestStatement": "closed: statements of before the claims, which nothing changes",
        "NumberSeries": COUNTER,
        "PaymentOrderFile": IMMUTABLE,
        "ReceiptBatch": IMMUTABLE,
    },
    "monitoring": {
        "CreditGround": TAGGED,
        "InspectionPlan": IMMUTABLE,
        "IssuedEvaluation": IMMUTABLE,
        "Reading": "figures by the thousand; a finding on them is the record",
    },
}
"""Models that are neither a record with a version nor a part of one, and why."""


def models(service: str) -> list[type[Any]]:
    """Return the mapped classes of a service."""
    metadata = load(service).metadata
    (base,) = (each for each in DeclarativeBase.__subclasses__() if each.metadata is metadata)
    return sorted((mapper.class_ for mapper in base.registry.mappers), key=lambda each: each.__name__)


def parts(service: str) -> list[type[Any]]:
    return [each for each in models(service) if issubclass(each, Part)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_model_is_a_record_with_a_version_a_part_of_one_or_neither_with_a_reason(service: str) -> None:
    known = {each.__name__ for each in models(service)}
    neither = {each.__name__ for each in models(service) if not issubclass(each, Part) and not hasattr(each, "version")}
    assert neither == NEITHER[service].keys() & known


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_names_records_with_a_version_by_their_key(service: str) -> None:
    for part in parts(service):
        assert part.shown_in
        for record, name in part.shown_in.items():
            (key,) = inspect(record).primary_key
            assert hasattr(record, "version"), record
            assert str(inspect(part).columns[name].type) == str(key.type)


@pytest.mark.parametrize("service", [each for each in SERVICES if parts(each)])
async def test_writing_a_part_raises_the_version_of_each_record_that_shows_it(world: World, service: str) -> None:
    await populate(world, service)
    await world.settle()
    tried, missing = set(), set()
    for part in parts(service):
        for record, name in part.shown_in.items():
            raised = [await version_after(world, service, part, record, name, held=held) for held in (True, False)]
            if None in raised:
                missing.add(record.__name__)
            else:
                assert raised == [1, 1], part
                tried.add(record.__name__)
    assert missing <= NOT_POPULATED, "no record to try with"
    assert tried


NOT_POPULATED = {"PaymentOrder"}
"""Records that only a month of payments brings about."""


async def version_after(
    world: World, service: str, part: type[Any], record: type[Any], name: str, *, held: bool
) -> int | None:
    """Return by how much a new part raises the version of its record; None without a record to try with.

    The session holds the record, or knows its key alone.
    """
    async with world.instances[service].background.session(system_actor(service)) as session:
        row = (await session.scalars(select(record).limit(1))).first()
        if row is None:
            return None
        key, before = inspect(row).identity[0], row.version
        if not held:
            session.expunge(row)
        with session.no_autoflush:
            session.add(part(**{name: key}))
            await session.run_sync(lambda sync: versions._raise_versions(sync, None, None))
            for new in tuple(session.new):
                session.expunge(new)
        await session.flush()
        version: Any = await session.scalar(select(record.version).where(inspect(record).primary_key[0] == key))
        await session.rollback()
        return int(version) - int(before)
