"""Databases of the tests: used again after a test that left rows, not after one that changed the schema."""

from tests.postgres import Server


async def test_a_database_is_used_again_unless_its_schema_changed(server: Server) -> None:
    names = []
    for statement in (
        "INSERT INTO intake.stream_head (aggregate_id, seq) VALUES (gen_random_uuid(), 1)",
        "CREATE TABLE intake.left_behind (id int)",
        "SELECT 1",
    ):
        async with server.database() as lent:
            assert await lent.filled() == []
            await server.run(f"{statement};", lent.name)
            names.append(lent.name)
    assert names[0] == names[1] != names[2]
