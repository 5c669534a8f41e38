"""Row-level security and append-only tables hold in the database, whatever the code above does."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.actors import WHOLE_CITY, Actor, system_actor
from shared.events.outbox import emit
from shared.storage.audit import Case, acts_of, record_act
from shared.storage.migrate import admin_engine
from tests.keys import new_key
from tests.shared.web.test_foundation import withdrawn
from tests.world import World


async def test_the_application_cannot_rewrite_its_log(world: World) -> None:
    intake = world.instances["intake"]
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
    refused = (
        "UPDATE event_log SET type = 'x'",
        "DELETE FROM event_log",
        "UPDATE act SET reason = 'x'",
        "DELETE FROM act",
        "SELECT payload FROM outbox",
        "DELETE FROM outbox",
    )
    for statement in refused:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with intake.database.session(system_actor("intake")) as session:
                await session.execute(text(statement))


async def test_the_table_owner_cannot_rewrite_the_log(world: World) -> None:
    """Triggers bind roles with the privilege too, such as a later migration or an administrator."""
    async with world.instances["intake"].database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
        await record_act(session, "accept_declaration", Case(uuid4(), "110105"))
    await world.settle()
    engine = admin_engine(world.settings)
    for statement in (
        "UPDATE intake.event_log SET position = position + 1",
        "UPDATE intake.event_log SET payload = 'x'",
        "DELETE FROM intake.event_log",
        "TRUNCATE intake.event_log",
        "UPDATE intake.act SET reason = 'x'",
        "DELETE FROM intake.act",
    ):
        with pytest.raises(IntegrityError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))
    await engine.dispose()


async def test_placing_an_event_changes_only_its_position(world: World) -> None:
    engine = admin_engine(world.settings)
    async with engine.connect() as connection:
        await connection.execute(text("SET search_path TO intake"))
        await connection.execute(
            text(
                "INSERT INTO event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, actor, role,"
                " occurred_at, payload) VALUES (gen_random_uuid(), 'x', gen_random_uuid(), 1, 'x', '110105', 'x', 'x',"
                " '2024-01-01', '')"
            )
        )
        with pytest.raises(IntegrityError, match="append-only"):
            await connection.execute(text("UPDATE event_log SET position = 1, type = 'y'"))
    await engine.dispose()


async def test_a_session_reads_and_writes_only_its_district_and_applicant(world: World) -> None:
    database = world.instances["intake"].database
    mine = Actor("110105-officer-1", "示例", "district_officer", ("110105",))
    owner = Actor("owner", "示例", "applicant", WHOLE_CITY, "91110000600037341L")
    case_id = uuid4()
    async with database.session(system_actor("intake")) as session:
        for district, uscc in (("110105", owner.uscc), ("110105", None), ("110106", "91110000802100433B")):
            await record_act(session, "accept", Case(case_id, district, uscc))
    for actor, seen in ((mine, 2), (owner, 1)):
        async with database.session(actor) as session:
            assert len(await acts_of(session, case_id)) == seen
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.session(mine) as session:
            await record_act(session, "accept", Case(case_id, "110106"))
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.session(owner) as session:
            await record_act(session, "accept", Case(case_id, "110105", "91110000802100433B"))


REFUSED = "该接口密钥没有权限 write:resources；确需使用的，请市级负责人签发含此权限的密钥"


async def test_a_read_only_key_cannot_write_and_reads_only_its_districts(world: World) -> None:
    intake = world.instances["intake"]
    async with intake.database.session(system_actor("intake")) as session:
        await emit(session, withdrawn())
    await world.settle()
    body = new_key(districts=["110106", "BDA"])
    issued = await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, 201)
    signed = {"authorization": f"Bearer {issued['key']}", "idempotency-key": "k"}
    client = world.clients["intake"]
    assert (await client.get("/events", headers=signed)).json()["events"] == []
    refused = await client.post("/v1/resources:batchUpsert", headers=signed, json={"rows": []})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        REFUSED,
    )
