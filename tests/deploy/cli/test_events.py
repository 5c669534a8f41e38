"""`tenghuan events replay`: each end of the range, each filter, to everybody or to one consumer; audit rows."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.intake import DeclarationWithdrawn
from shared.events.outbox import emit
from tests.deploy.cli.audit import audit_rows, expect_audit
from tests.deploy.operator_commands import WithdrawalLog, forgotten, rows_of, tenghuan
from tests.shared.events.test_delivery import ACTOR
from tests.world import START, World

A, B = UUID(int=0xA), UUID(int=0xB)
ALL = ("intake", "eligibility", "funding", "monitoring")
LOGGED = (("intake", 0, A), ("intake", 0, B), ("funding", 1, A), ("intake", 2, A), ("intake", 3, B))
"""Service, hour and aggregate of each event: a1 b1 a2 b2 in intake, at positions 1 to 4, and a1 in funding."""
TEN, TWELVE = "2024-03-01T10:00", "2024-03-01T12:00"


@pytest.fixture
async def logged(world: World, withdrawals: WithdrawalLog) -> World:
    for service, hour, subject in LOGGED:
        world.clock.set(START + timedelta(hours=hour))
        event = DeclarationWithdrawn(declaration_id=subject, district="110105", reason=f"{service} {hour}")
        async with world.instances[service].database.session(ACTOR) as session:
            await emit(session, event)
    await world.settle()
    world.bus.carried.clear()
    withdrawals.reasons.clear()
    return world


def empty(*services: str) -> list[dict[str, Any]]:
    return [{"service": service, "first": 1, "last": 0, "events": 0} for service in services]


def row(service: str, first: int, last: int, events: int, **more: Any) -> dict[str, Any]:
    return {"service": service, "first": first, "last": last, "events": events, **more}


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"from": "0"}, [row(name, 0, many, many) for name, many in zip(ALL, (4, 0, 1, 0), strict=True)]),
        ({"from": TEN}, [row("intake", 1, 4, 4), *empty("eligibility"), row("funding", 1, 1, 1), *empty("monitoring")]),
        ({"from": "2024-03-01T12:00:01"}, [row("intake", 4, 4, 1), *empty("eligibility", "funding", "monitoring")]),
        ({"from": TEN, "to": TWELVE, "service": "intake"}, [row("intake", 1, 3, 3)]),
        ({"from": "2", "to": "3", "service": "intake"}, [row("intake", 2, 3, 2)]),
        ({"from": "1", "service": "intake", "aggregate": str(B)}, [row("intake", 1, 4, 2)]),
        ({"from": TWELVE, "service": "intake", "aggregate": str(A)}, [row("intake", 3, 4, 1)]),
        ({"from": "1", "service": "funding"}, [row("funding", 1, 1, 1)]),
    ],
    ids=lambda value: " ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else "",
)
async def test_a_dry_run_counts_the_events_chosen(
    logged: World, options: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    given = [text for name, value in options.items() for text in (f"--{name}", value)]
    assert await rows_of(logged, "events", "replay", *given, "--dry-run") == rows
    services = (options["service"],) if "service" in options else ALL
    await expect_replay_audit(logged, services, services, options, ("done", {"replayed": rows}))
    assert logged.bus.carried == []


async def expect_replay_audit(
    world: World, services: tuple[str, ...], sources: tuple[str, ...], options: dict[str, str], *outcomes: Any
) -> None:
    arguments = {
        **{"from": options["from"], "to": options.get("to", ""), "sources": list(sources)},
        **{"consumer": options.get("consumer"), "aggregate": options.get("aggregate")},
    }
    await expect_audit(world, services, "events replay", arguments, *outcomes)


@pytest.mark.parametrize(
    ("options", "rows", "sent"),
    [
        ({"from": "2", "to": "3", "service": "intake"}, [row("intake", 2, 3, 2, requeued=2)], ["b1", "a2"]),
        ({"from": "2", "service": "intake", "aggregate": str(B)}, [row("intake", 2, 4, 2, requeued=2)], ["b1", "b2"]),
        ({"from": TEN, "to": TEN, "service": "intake"}, [row("intake", 1, 2, 2, requeued=2)], ["a1", "b1"]),
        ({"from": TWELVE, "service": "funding"}, empty("funding"), []),
    ],
    ids=["by position", "by aggregate", "by instant", "none"],
)
async def test_events_go_through_the_outbox_again(
    logged: World, options: dict[str, str], rows: list[dict[str, Any]], sent: list[str]
) -> None:
    given = [text for name, value in options.items() for text in (f"--{name}", value)]
    assert await rows_of(logged, "events", "replay", *given) == rows
    await logged.settle()
    names = {A: "a", B: "b"}
    again = {each.id: f"{names[each.subject]}{each.seq}" for _, carried in logged.bus.carried for each in carried}
    assert sorted(again.values()) == sorted(sent)
    services = (options["service"],)
    await expect_replay_audit(logged, services, services, options, ("begun", {}), ("done", {"replayed": rows}))


@pytest.mark.parametrize(
    ("options", "counted", "handled", "outcome"),
    [
        ({"from": "1", "service": "intake"}, (1, 4, 4, 4, 0), ["intake 0", "intake 0", "intake 2", "intake 3"], "done"),
        ({"from": "1", "service": "intake", "aggregate": str(B)}, (1, 4, 2, 2, 0), ["intake 0", "intake 3"], "done"),
        ({"from": "1", "to": "2", "service": "intake"}, (1, 2, 2, 2, 0), ["intake 0", "intake 0"], "done"),
        ({"from": "2", "service": "intake"}, (2, 4, 3, 2, 1), ["intake 0", "intake 3"], "partial"),
    ],
    ids=["all", "by aggregate", "by position", "with a gap"],
)
async def test_events_go_straight_to_one_consumer(
    logged: World,
    withdrawals: WithdrawalLog,
    options: dict[str, str],
    counted: tuple[int, ...],
    handled: list[str],
    outcome: str,
) -> None:
    await forgotten(logged)
    given = [text for name, value in options.items() for text in (f"--{name}", value)]
    code = {"done": 0, "partial": 5}[outcome]
    first, last, events, done, parked = counted
    more = {"consumer": "monitoring", "handled": done, "parked": parked, "dead_lettered": 0}
    rows = [row("intake", first, last, events, **more)]
    assert await rows_of(logged, "events", "replay", *given, "--consumer", "monitoring", code=code) == rows
    assert (withdrawals.reasons, logged.bus.carried) == (handled, [])
    expected: Any = ("begun", {}), (outcome, {"replayed": rows})
    given_too = {**options, "consumer": "monitoring"}
    await expect_replay_audit(logged, ("monitoring",), ("intake",), given_too, *expected)


async def test_a_consumer_gets_the_events_of_its_sources_only(logged: World, withdrawals: WithdrawalLog) -> None:
    """Eligibility handles events of intake and funding, and none of monitoring."""
    rows = await rows_of(logged, "events", "replay", "--from", TEN, "--consumer", "eligibility", "--dry-run")
    assert rows == [row("intake", 1, 4, 4), row("funding", 1, 1, 1)]
    (audit,) = (await audit_rows(logged)).items()
    assert (audit[0], audit[1][0]["arguments"]["sources"]) == ("eligibility", ["intake", "funding"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "1"), "a position is one service's"),
        (("--from", TEN, "--to", "5"), "a position is one service's"),
        (("--from", "x", "--service", "intake"), "neither a position nor an instant"),
        (("--from", "1", "--to", "x", "--service", "intake"), "neither a position nor an instant"),
        (
            ("--from", "1", "--service", "monitoring", "--consumer", "eligibility"),
            "does not handle events of",
        ),
        (("--from", "1", "--service", "nobody"), "nobody"),
        (("--service", "intake"), "--from"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_what_makes_no_sense_is_wrong_usage(world: World, options: tuple[str, ...], said: str) -> None:
    result = await tenghuan(world, "events", "replay", *options)
    assert (result.exit_code, said in " ".join(result.stderr.replace("│", "").split())) == (2, True)
    assert await audit_rows(world) == {}
