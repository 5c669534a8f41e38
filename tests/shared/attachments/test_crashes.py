"""Files and transactions: a failed act keeps no file, and only files that no record names are swept."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services import SERVICES, load
from shared.actors import system_actor
from shared.attachments import uploads
from shared.storage import file_references
from tests.attachments import PDF, attached, sent
from tests.funding.case import enter_pool
from tests.shared.storage.test_files import stream
from tests.world import World

LATER = datetime(2090, 1, 1, tzinfo=UTC)
"""After the time at which this machine stores files."""


def files(world: World, service: str = "funding") -> list[str]:
    """Return the names of all files of a service."""
    return sorted(path.name for path in (world.folder / "files" / service).rglob("*") if path.is_file())


async def stray(world: World, content: bytes, service: str = "funding") -> str:
    """Store a file to which nothing refers, as a crash before the commit leaves it."""
    store = world.instances[service].files
    received = await store.receive(stream(content), 100, world.clock.now())
    await store.keep(received)
    return received.sha256


NO_STORED_FILE = {
    "funding.payment_order_file": "the row itself holds the content",
    "funding.receipt_batch": "the digest tells a delivery that came before; what it brought are receipts",
}
"""Sealed tables whose digest is not that of a file in the store, and why."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_with_files_is_among_those_that_are_referred_to(service: str) -> None:
    seals = load(service).seals
    named = {kind for kind, table in seals.by_kind().items() if "sha256" in table.columns}
    elsewhere = {kind for kind in NO_STORED_FILE if kind.startswith(f"{service}.")}
    assert elsewhere <= named
    assert set(seals.files) == named - elsewhere


async def test_the_file_of_an_act_that_could_not_commit_is_removed(world: World) -> None:
    case = await enter_pool(world)
    place: dict[str, Any] = {"record": "application", "record_id": case, "kind": "change_request"}
    kept = await sent(world, "funding", world.owner(), PDF + b"kept", **place)
    await world.database.admin.execute(
        "CREATE FUNCTION funding.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;"
        "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON funding.attachment DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION funding.fail()"
    )
    try:
        for body in (b"new", b"kept"):
            failed = await sent(world, "funding", world.owner(), PDF + body, **{**place, "kind": "change_evidence"})
            assert failed.status_code == 500
    finally:
        await world.database.admin.execute("DROP TRIGGER fail ON funding.attachment; DROP FUNCTION funding.fail()")
    assert files(world) == [kept.json()["sha256"]], "content that another record names stays"


async def test_without_a_database_the_file_waits_for_the_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> bool:
        raise ConnectionError

    case = await enter_pool(world)
    monkeypatch.setattr(uploads, "forget", lost)
    place: dict[str, Any] = {"record": "application", "record_id": case, "kind": "change_request"}
    monkeypatch.setattr("shared.attachments.adding.record_act", lost)
    assert (await sent(world, "funding", world.owner(), **place)).status_code == 500
    assert len(files(world)) == 1
    world.clock.set(LATER)
    await world.instances["funding"].retain()
    assert files(world) == []


async def test_old_files_without_a_record_are_swept_and_no_others(world: World) -> None:
    case = await enter_pool(world)
    withdrawn = await attached(world, "funding", world.owner(), "application", case, "change_request")
    shown = await world.get("funding", f"/v1/attachments/{withdrawn}", world.owner())
    await world.post("funding", f"/v1/attachments/{withdrawn}/withdraw", world.owner(), {"reason": "有误"})
    left, elsewhere = await stray(world, b"left"), await stray(world, b"left", "monitoring")
    await world.instances["funding"].retain()
    assert files(world) == sorted((left, shown["sha256"])), "young files stay"
    world.clock.set(LATER)
    await world.instances["funding"].retain()
    assert files(world) == [shown["sha256"]]
    assert files(world, "monitoring") == [elsewhere]
    await world.instances["monitoring"].retain()
    assert files(world, "monitoring") == []


async def test_a_file_that_is_being_kept_is_not_swept(world: World) -> None:
    """Wait with the sweep for the transaction that keeps the content, and see its row."""
    instance = world.instances["funding"]
    content = await stray(world, b"again")
    async with instance.database.session(system_actor("funding")) as session:
        await file_references.lock_content(session, content)
        async with instance.background.session(system_actor("funding")) as other:
            await other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(Exception, match="lock timeout"):
                await file_references.forget(other, world.instances["funding"].files, ("funding.attachment",), content)
    assert files(world) == [content]
