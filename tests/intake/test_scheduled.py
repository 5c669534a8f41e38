"""Scheduled work of intake: uploads that were interrupted longer ago than the setting allows are removed."""

from datetime import timedelta

from tests.shared.storage.test_files import stream
from tests.world import World


async def test_an_interrupted_upload_is_kept_for_its_hours(world: World) -> None:
    store, at = world.instances["intake"].files, world.clock.now()
    await store.receive(stream(b"x"), 10, at)
    incoming = world.folder / "files" / "incoming"
    for later, left in ((timedelta(hours=24), 1), (timedelta(hours=24, seconds=1), 0)):
        world.clock.set(at + later)
        await world.instances["intake"].tick()
        assert len([path for path in incoming.rglob("*") if path.is_file()]) == left, later
