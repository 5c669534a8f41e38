"""`tenghuan tokens`: a revoked token opens no service, others do; the list, the audit rows, and wrong usage."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.demo.personas import PEOPLE
from services import SERVICES
from tests.deploy.cli.audit import COMMAND_AT, expect_audit
from tests.deploy.operator_commands import rows_of, tenghuan
from tests.world import START, World

WHO = "auditor-1"
SECOND = timedelta(seconds=1)


def token(world: World, who: str = WHO) -> str:
    return world.signer.token(PEOPLE[who], world.settings, world.clock.now())


async def opened(world: World, *tokens: str) -> list[dict[str, int]]:
    """Return the status with which each service answers each token; the revocations are read anew."""
    world.settings.revocation_refresh_seconds = 0
    found = []
    for each in tokens:
        headers = {"authorization": f"Bearer {each}"}
        found.append(
            {name: (await client.get("/v1/me", headers=headers)).status_code for name, client in world.clients.items()}
        )
    return found


ALL, NONE = (dict.fromkeys(SERVICES, status) for status in (200, 401))


async def test_every_token_of_an_account_until_now_is_revoked_and_no_other(world: World) -> None:
    world.clock.set(COMMAND_AT - SECOND)
    before, other = token(world), token(world, "city-officer-1")
    assert await opened(world, before, other) == [ALL, ALL]
    rows = await rows_of(world, "tokens", "revoke", "--subject", WHO, "--reason", "调离", "--operator", "示例")
    assert {(row["service"], row["subject"], row["token_id"]) for row in rows} == {
        (name, WHO, None) for name in SERVICES
    }
    assert await opened(world, before, other) == [NONE, ALL]
    world.clock.set(COMMAND_AT + SECOND)
    assert await opened(world, before, token(world)) == [NONE, ALL], "a new sign-in counts"
    await expect_audit(
        world, SERVICES, "tokens revoke", {"subject": WHO, "token_id": ""}, ("begun", {}), ("done", {}),
        operator="示例", reason="调离",
    )  # fmt: skip


async def test_one_token_is_revoked_by_its_id_in_one_service(world: World) -> None:
    world.clock.set(COMMAND_AT)
    lost, kept = token(world), token(world)
    answer = await world.clients["intake"].get("/v1/me", headers={"authorization": f"Bearer {lost}"})
    assert answer.status_code == 200
    actor = await world.instances["intake"].tokens.read(lost)
    assert actor.sign_in is not None
    assert actor.sign_in.token_id is not None
    await rows_of(
        world, "tokens", "revoke", "--token-id", actor.sign_in.token_id, "--reason", "遗失", "--service", "funding"
    )
    assert await opened(world, lost, kept) == [{**ALL, "funding": 401}, ALL]
    shown = await rows_of(world, "tokens", "list")
    assert [(row["service"], row["token_id"], row["reason"]) for row in shown] == [
        ("funding", actor.sign_in.token_id, "遗失")
    ]


async def test_a_revocation_ends_when_no_token_can_be_left(world: World) -> None:
    await rows_of(world, "tokens", "revoke", "--subject", WHO, "--reason", "调离")
    world.clock.set(COMMAND_AT - SECOND)
    longest = token(world)
    end = COMMAND_AT + timedelta(hours=12, seconds=60)
    world.clock.set(end - SECOND)
    lasting = world.signer.token(PEOPLE[WHO], world.settings, START, hours=24)
    assert await opened(world, lasting) == [NONE]
    world.clock.set(end)
    world.settings.jwt_leeway_seconds = 0
    assert await opened(world, longest, world.signer.token(PEOPLE[WHO], world.settings, end)) == [NONE, ALL]


async def test_processes_read_the_revocations_again_after_the_seconds_of_the_setting(world: World) -> None:
    world.clock.set(COMMAND_AT)
    said, seconds = token(world), [100.0]
    revocations = world.instances["intake"].revocations
    revocations._monotonic = lambda: seconds[0]
    headers = {"authorization": f"Bearer {said}"}

    async def status() -> int:
        return (await world.clients["intake"].get("/v1/me", headers=headers)).status_code

    revocations.forget()
    assert await status() == 200
    await rows_of(world, "tokens", "revoke", "--subject", WHO, "--reason", "调离")
    seconds[0] += 1.99
    assert await status() == 200
    seconds[0] += 0.01
    assert await status() == 401


@pytest.mark.parametrize(
    "arguments",
    [["--reason", "x"], ["--subject=a", "--token-id=b", "--reason=x"], ["--subject=a", "--reason= "]],
)
async def test_wrong_usage(world: World, arguments: list[Any]) -> None:
    assert (await tenghuan(world, "tokens", "revoke", *arguments)).exit_code == 2
    assert await rows_of(world, "tokens", "list") == []
