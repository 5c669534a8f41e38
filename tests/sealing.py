"""Steps of tests about seals: seal what was committed, verify, and alter records by hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services import SERVICES, load
from shared.sealing.keys import public_keys, signing_key
from shared.sealing.reading import Connection
from shared.sealing.runner import sealer_connection
from shared.sealing.sealer import Sealed
from shared.sealing.verify import Held, Report, Verification
from tests.world import World


@asynccontextmanager
async def connected(world: World, service: str) -> AsyncIterator[Connection]:
    """Connect with the sealer's role."""
    async with sealer_connection(world.settings, service) as connection:
        yield connection


async def seal(world: World, *services: str) -> dict[str, Sealed]:
    """Run a pass of the sealer in each of the services, all four by default."""
    done = {}
    for service in services or SERVICES:
        key = signing_key(world.settings, service)
        assert key is not None
        async with connected(world, service) as connection:
            done[service] = await world.instances[service].sealer.seal(connection, key)
    return done


async def verify(world: World, service: str, held: Sequence[Held] = ()) -> Report:
    """Verify a service as `tenghuan audit verify` does."""
    async with connected(world, service) as connection:
        return await verify_on(world, connection, service, held)


async def verify_on(world: World, connection: Connection, service: str, held: Sequence[Held] = ()) -> Report:
    """Verify a service on a connection, in a snapshot of its own."""
    async with connection.transaction(isolation="repeatable_read"):
        return await Verification(connection, service, load(service).seals, public_keys(world.settings), held).run()


def found(report: Report) -> set[tuple[str, str, str]]:
    """Return kind, key and fault of everything that was found."""
    return {(fault.kind, fault.key, fault.fault) for fault, _ in report.faults}
