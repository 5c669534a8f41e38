"""`tenghuan parked`: every column, every filter with a queue that it must not touch, the audit rows in full."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Message
from shared.events.ordering import advance
from shared.events.parking import park
from tests.deploy.cli.audit import audit_rows, expect_audit
from tests.deploy.operator_commands import WithdrawalLog, rows_of, tenghuan
from tests.shared.events.test_delivery import ACTOR, message
from tests.world import START, World

A, B, UNKNOWN = UUID(int=0xA), UUID(int=0xB), UUID(int=0xC)
TYPE = DeclarationWithdrawn.type
ALL = ("intake", "eligibility", "funding", "monitoring")
Queue = tuple[str, str, UUID]
QUEUES: dict[Queue, list[tuple[int, int, str, int]]] = {
    ("monitoring", "intake", A): [(4, 5, "RuntimeError('一')", 5), (5, 0, "an earlier event failed", 4)],
    ("monitoring", "funding", A): [(1, 2, "RuntimeError('二')", 3)],
    ("monitoring", "intake", B): [(1, 0, "waits", 6), (2, 0, "waits too", 6), (3, 7, "third", 6)],
    ("eligibility", "intake", A): [(7, 3, "RuntimeError('三')", 2)],
}
"""By service, source and aggregate: number, attempts, error and hour of parking of each event."""
SEEN = {("monitoring", "intake", A): 3, ("monitoring", "intake", UNKNOWN): 9, ("eligibility", "intake", A): 6}
FIRST = {
    ("eligibility", "intake", A): (1, 7, 6, 3, 2, "RuntimeError('三')"),
    ("monitoring", "funding", A): (1, 1, 0, 2, 3, "RuntimeError('二')"),
    ("monitoring", "intake", A): (2, 4, 3, 5, 4, "RuntimeError('一')"),
    ("monitoring", "intake", B): (3, 1, 0, 0, 6, "waits"),
}
"""In the order of the list: events, first number, last number handled, attempts, hour, error."""


@pytest.fixture
async def queues(world: World) -> dict[tuple[Queue, int], Message]:
    """Park the events of QUEUES."""
    made: dict[tuple[Queue, int], Message] = {}
    for queue, events in QUEUES.items():
        service, source, subject = queue
        for seq, attempts, error, hour in reversed(events):
            world.clock.set(START + timedelta(hours=hour))
            event = made[queue, seq] = replace(message(subject, seq, world), source=source)
            async with world.instances[service].database.session(ACTOR) as session:
                await park(session, [(event, error, attempts)])
        world.clock.restart()
    for (service, source, subject), seq in SEEN.items():
        async with world.instances[service].database.session(ACTOR) as session:
            await advance(session, {(source, subject): seq})
    return made


async def parked(world: World) -> dict[Queue, list[tuple[int, int, str]]]:
    """Return number, attempts and error of the parked events by queue."""
    found: dict[Queue, list[tuple[int, int, str]]] = {}
    for service in ALL:
        async with world.instances[service].database.session(ACTOR) as session:
            for row in await session.execute(text("SELECT * FROM parked ORDER BY agg_seq")):
                queue = (service, row.source, row.aggregate_id)
                found.setdefault(queue, []).append((row.agg_seq, row.attempts, row.error))
    return found


def untouched(*gone: Queue) -> dict[Queue, list[tuple[int, int, str]]]:
    """Return the parked events as they were, without those of some queues."""
    return {queue: [each[:3] for each in events] for queue, events in QUEUES.items() if queue not in gone}


def at(hour: int) -> str:
    return str(START + timedelta(hours=hour))


def listed(queue: Queue) -> dict[str, Any]:
    events, first, seen, attempts, hour, error = FIRST[queue]
    service, source, subject = queue
    return {
        **{"service": service, "source": source, "aggregate_id": str(subject), "events": events, "first_seq": first},
        **{"seen_seq": seen, "type": TYPE, "attempts": attempts, "parked_at": at(hour), "error": error},
    }


MONITORING_A, MONITORING_B = ("monitoring", "intake", A), ("monitoring", "intake", B)
FUNDING_A, ELIGIBILITY_A = ("monitoring", "funding", A), ("eligibility", "intake", A)


@pytest.mark.parametrize(
    ("options", "found", "services", "source"),
    [
        ((), list(FIRST), ALL, None),
        (("--service", "monitoring"), [FUNDING_A, MONITORING_A, MONITORING_B], ("monitoring",), None),
        (("--source", "funding"), [FUNDING_A], ALL, "funding"),
        (("--source", "intake", "--service", "monitoring"), [MONITORING_A, MONITORING_B], ("monitoring",), "intake"),
        (("--source", "district"), [], ALL, "district"),
        (("--service", "intake"), [], ("intake",), None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_the_list_has_each_queue_with_its_first_event(
    world: World, queues: Any, options: tuple[str, ...], found: list[Queue], services: tuple[str, ...], source: Any
) -> None:
    assert await rows_of(world, "parked", "list", *options) == [listed(queue) for queue in found]
    await expect_audit(world, services, "parked list", {"source": source}, ("done", {"aggregates": len(found)}))
    assert await parked(world) == untouched()


async def test_the_table_has_the_same_columns_and_says_who_asked(world: World, queues: Any) -> None:
    result = await tenghuan(world, "parked", "list", "--source", "funding", "--operator", "officer-7")
    header, line = (row.split() for row in result.stdout.splitlines())
    row = listed(FUNDING_A)
    assert header == list(row)
    assert " ".join(line) == " ".join(str(value) for value in row.values())
    expected = ("done", {"aggregates": 1})
    await expect_audit(world, ALL, "parked list", {"source": "funding"}, expected, operator="officer-7")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [(ELIGIBILITY_A, 7), (FUNDING_A, 1), (MONITORING_A, 4), (MONITORING_A, 5)]),
        (("--source", "intake"), [(ELIGIBILITY_A, 7), (MONITORING_A, 4), (MONITORING_A, 5)]),
        (("--service", "monitoring"), [(FUNDING_A, 1), (MONITORING_A, 4), (MONITORING_A, 5)]),
        (("--service", "monitoring", "--source", "funding"), [(FUNDING_A, 1)]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_each_parked_event_of_an_aggregate_is_shown_with_every_field(
    world: World, queues: dict[tuple[Queue, int], Message], options: tuple[str, ...], found: list[tuple[Queue, int]]
) -> None:
    expected = []
    for queue, seq in found:
        _, attempts, error, hour = next(each for each in QUEUES[queue] if each[0] == seq)
        event = queues[queue, seq]
        expected.append(
            {
                **{"service": queue[0], "source": f"/{queue[1]}", "subject": str(A), "sequence": str(seq)},
                **{"type": TYPE, "id": str(event.id), "time": event.time.isoformat(), "parked_at": at(hour)},
                **{"attempts": attempts, "error": error, "data": event.data.decode()},
            }
        )
    assert await rows_of(world, "parked", "show", A, *options) == expected
    services = ("monitoring",) if "--service" in options else ALL
    source = options[-1] if "--source" in options else None
    detail = {"events": len(found)}
    await expect_audit(world, services, "parked show", {"aggregate": str(A), "source": source}, ("done", detail))


@pytest.mark.parametrize(
    ("options", "gone", "services", "source"),
    [
        ((A,), [ELIGIBILITY_A, FUNDING_A, MONITORING_A], ALL, None),
        ((A, "--source", "intake"), [ELIGIBILITY_A, MONITORING_A], ALL, "intake"),
        ((A, "--service", "monitoring"), [FUNDING_A, MONITORING_A], ("monitoring",), None),
        ((A, "--service", "monitoring", "--source", "funding"), [FUNDING_A], ("monitoring",), "funding"),
        ((B, UNKNOWN), [MONITORING_B], ALL, None),
        ((B, A, "--source", "intake"), [ELIGIBILITY_A, MONITORING_A, MONITORING_B], ALL, "intake"),
        (("--all", "--source", "funding"), [FUNDING_A], ALL, "funding"),
        (("--all", "--service", "eligibility"), [ELIGIBILITY_A], ("eligibility",), None),
        (("--all",), list(FIRST), ALL, None),
        (("--all", "--source", "district"), [], ALL, "district"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
async def test_a_replay_handles_the_queues_chosen_and_no_other(
    world: World, queues: Any, options: tuple[Any, ...], gone: list[Queue], services: tuple[str, ...], source: Any
) -> None:
    expected = [
        {**dict(zip(("service", "source", "aggregate_id"), map(str, queue), strict=True)), "handled": FIRST[queue][0]}
        | {"remaining": 0, "error": None}
        for queue in gone
    ]
    assert await rows_of(world, "parked", "replay", *options) == expected
    assert await parked(world) == untouched(*gone)
    ids = [str(each) for each in options if isinstance(each, UUID)] or None
    arguments = {"aggregates": ids, "source": source}
    await expect_audit(world, services, "parked replay", arguments, ("begun", {}), ("done", {"replayed": expected}))


async def test_a_replay_that_fails_says_so_and_leaves_the_others(
    world: World, queues: Any, withdrawals: WithdrawalLog
) -> None:
    withdrawals.failing = {"第5次"}
    rows = await rows_of(world, "parked", "replay", A, B, "--service", "monitoring", code=5)
    assert [(row["source"], row["handled"], row["remaining"], row["error"]) for row in rows] == [
        ("funding", 1, 0, None),
        ("intake", 1, 1, "RuntimeError('示例故障')"),
        ("intake", 3, 0, None),
    ]
    assert await parked(world) == {
        ("eligibility", "intake", A): [(7, 3, "RuntimeError('三')")],
        ("monitoring", "intake", A): [(5, 1, "RuntimeError('示例故障')")],
    }
    (audit,) = (await audit_rows(world)).values()
    assert [(row["outcome"], row["detail"]) for row in audit] == [("begun", {}), ("partial", {"replayed": rows})]
    rows = await rows_of(world, "parked", "replay", "--all", "--service", "monitoring", code=1)
    assert [(row["handled"], row["remaining"]) for row in rows] == [(0, 1)]
    assert [row["outcome"] for row in (await audit_rows(world))["monitoring"]][2:] == ["begun", "failed"]


@pytest.mark.parametrize(
    ("options", "dropped", "asked"),
    [
        ((A,), {ELIGIBILITY_A: 1, FUNDING_A: 1, MONITORING_A: 2}, 4),
        ((A, "--first"), {ELIGIBILITY_A: 1, FUNDING_A: 1, MONITORING_A: 1}, 3),
        ((A, "--source", "intake"), {ELIGIBILITY_A: 1, MONITORING_A: 2}, 3),
        ((A, "--service", "monitoring", "--source", "intake", "--first"), {MONITORING_A: 1}, 1),
        ((B, "--first"), {MONITORING_B: 1}, 1),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
async def test_a_drop_takes_the_events_chosen_in_order_and_no_other(
    world: World,
    queues: dict[tuple[Queue, int], Message],
    options: tuple[Any, ...],
    dropped: dict[Queue, int],
    asked: int,
) -> None:
    subject, because = options[0], ("--reason", "  示例理由 ", "--operator", "officer-7")
    result = await tenghuan(world, "parked", "drop", *options, *because, "--format", "json", answer="y\n")
    assert (result.exit_code, f"Drop {asked} parked events of {subject} for good?" in result.stderr) == (0, True)
    rows = [
        dict(zip(("service", "source", "aggregate_id"), map(str, queue), strict=True))
        | {"event_id": str(queues[queue, QUEUES[queue][place][0]].id)}
        for queue, many in dropped.items()
        for place in range(many)
    ]
    left = {queue: events[dropped.get(queue, 0) :] for queue, events in untouched().items()}
    assert await parked(world) == {queue: events for queue, events in left.items() if events}
    arguments = {
        **{
            "aggregate": str(subject),
            "source": options[options.index("--source") + 1] if "--source" in options else None,
        },
        **{"first": "--first" in options, "dry_run": False},
    }
    services = ("monitoring",) if "--service" in options else ALL
    outcomes: list[Any] = [("begun", {}), ("done", {"dropped": rows})]
    said = {"operator": "officer-7", "reason": "示例理由"}
    await expect_audit(world, services, "parked drop", arguments, *outcomes, **said)
    for (service, source, aggregate), many in dropped.items():
        async with world.instances[service].database.session(ACTOR) as session:
            seen = text("SELECT seq FROM stream_seen WHERE (source, aggregate_id) = (:source, :id)")
            last = await session.scalar(seen, {"source": source, "id": aggregate})
        assert last == QUEUES[service, source, aggregate][many - 1][0]


async def test_a_dry_run_lists_the_queues_and_drops_nothing(world: World, queues: Any) -> None:
    because = ("--reason", "示例", "--dry-run", "--source", "intake")
    rows = await rows_of(world, "parked", "drop", A, *because)
    assert rows == [listed(ELIGIBILITY_A), listed(MONITORING_A)]
    assert await parked(world) == untouched()
    arguments = {"aggregate": str(A), "source": "intake", "first": False, "dry_run": True}
    await expect_audit(world, ALL, "parked drop", arguments, ("done", {"dry_run": True}), reason="示例")


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("show", UNKNOWN), f"{UNKNOWN} has no parked event", 1),
        (("show", B, "--source", "funding"), f"{B} has no parked event", 1),
        (("replay", UNKNOWN), "none of these has a parked event", 1),
        (("replay", A, "--source", "district"), "none of these has a parked event", 1),
        (("drop", UNKNOWN, "--reason", "x", "--yes"), f"{UNKNOWN} has no parked event", 1),
        (("drop", A, "--reason", "x", "--yes", "--service", "funding"), f"{A} has no parked event", 1),
        (("replay",), "give ids, or --all", 2),
        (("replay", A, "--all"), "give ids, or --all", 2),
        (("drop", A, "--reason", " ", "--yes"), "a reason is required", 2),
        (("drop", A, "--yes"), "--reason", 2),
        (("list", "--source", "nobody"), "nobody", 2),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
async def test_what_is_refused_changes_nothing(
    world: World, queues: Any, arguments: tuple[Any, ...], said: str, code: int
) -> None:
    result = await tenghuan(world, "parked", *arguments)
    assert (result.exit_code, result.stdout, said in result.stderr) == (code, "", True)
    assert await parked(world) == untouched()
    recorded = [row["outcome"] for row in (await audit_rows(world)).get("funding", [])]
    assert recorded == ([] if code == 2 else ["refused"] if arguments[0] == "show" else ["begun", "refused"])
