"""`tenghuan ledger verify`: exit code, rows and audit row of a ledger that agrees, and of one that does not."""

from tests.deploy.operator_commands import record, rows_of, tenghuan
from tests.funding.case import released
from tests.world import World


async def test_a_ledger_that_agrees_prints_nothing_and_one_that_does_not_exits_3(world: World) -> None:
    case = await released(world)
    agreed = await tenghuan(world, "ledger", "verify")
    assert (agreed.exit_code, agreed.stdout) == (0, "")
    assert "invariants, 0 contradictions" in agreed.stderr
    await world.database.admin.execute("UPDATE funding.application SET released_yuan = released_yuan + 1")
    row = {
        "invariant": "each_case_equals_its_accounts",
        "subject": f"application {case}",
        "figures": "case 0.00/10000001.00/0.00/0.00/0.00 yuan, ledger 0/1000000000/0/0/0 fen, award 0/0 fen",
    }
    assert await rows_of(world, "ledger", "verify", code=3) == [row]
    table = await tenghuan(world, "ledger", "verify")
    assert table.exit_code == 3
    assert f"application {case}" in table.stdout
    assert await record(world, "funding") == [("ledger verify", "done"), *[("ledger verify", "check_failed")] * 2]
