"""`tenghuan dlq`: every column, every filter with a letter that it must not touch, the audit rows in full."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.contracts.base import _REGISTRY
from shared.contracts.intake import DeclarationWithdrawn
from shared.events.bus import Record, Unreadable
from shared.events.dead_letters import DeadLetter, bury, settle
from tests.deploy.cli.audit import audit_rows, expect_audit
from tests.deploy.operator_commands import WithdrawalLog, rows_of, tenghuan
from tests.shared.events.test_delivery import ACTOR, message
from tests.world import START, World

ALL = ("intake", "eligibility", "funding", "monitoring")
ONE, TWO = "intake.never_heard_of.v8", "intake.never_heard_of.v9"
KEPT = {
    "unread": ("monitoring", None, 4, None),
    "one": ("monitoring", ONE, 3, None),
    "two": ("monitoring", TWO, 2, None),
    "there": ("eligibility", ONE, 1, None),
    "replayed": ("monitoring", ONE, 5, "replayed"),
    "dropped": ("eligibility", TWO, 6, "dropped"),
}
"""By name: service, event type, hour of arrival and settlement of each letter."""
LISTED = ("there", "dropped", "two", "one", "unread", "replayed")
OPEN = ("there", "two", "one", "unread")
Letters = dict[str, DeadLetter]


@pytest.fixture
async def letters(world: World) -> Letters:
    """Bury the letters of KEPT."""
    made: Letters = {}
    for name, (service, kind, hour, settlement) in KEPT.items():
        if kind is None:
            record = Record("intake.events", 3, 7, b"key", b"\xff{", (("ce_id", b"no uuid"), ("odd", b"\xfe")))
            made[name] = DeadLetter.of(Unreadable(record, "ValueError('no uuid')"))
        else:
            made[name] = DeadLetter.of(replace(message(uuid4(), hour, world), type=kind), f"{name} is not understood")
        world.clock.set(START + timedelta(hours=hour))
        async with world.instances[service].database.session(ACTOR) as session:
            await bury(session, [made[name]])
            if settlement == "replayed":
                await settle(session, made[name].id(), "replayed")
            elif settlement == "dropped":
                await settle(session, made[name].id(), "dropped")
        world.clock.restart()
    return made


async def settlements(world: World) -> dict[str, tuple[str, str]]:
    """Return service and settlement of each letter by id; an open one has none."""
    found = {}
    for service in ALL:
        async with world.instances[service].database.session(ACTOR) as session:
            for row in await session.execute(text("SELECT id, settlement FROM dead_letter")):
                found[str(row.id)] = (service, row.settlement or "")
    return found


def settled(letters: Letters, how: str, *names: str) -> dict[str, tuple[str, str]]:
    """Return the letters as they were, with some of them settled."""
    return {
        str(letter.id()): (KEPT[name][0], how if name in names else KEPT[name][3] or "")
        for name, letter in letters.items()
    }


def brief(letters: Letters, name: str) -> dict[str, Any]:
    service, kind, hour, settlement = KEPT[name]
    letter, sent = letters[name], letters[name].message
    return {
        **{"service": service, "id": str(letter.id()), "at": str(START + timedelta(hours=hour))},
        **{"topic": None if sent else "intake.events", "partition": None if sent else 3, "offset": None if sent else 7},
        **{"event_id": sent and str(sent.id), "source": sent and "intake", "type": kind},
        **{"aggregate_id": sent and str(sent.subject), "agg_seq": sent and hour, "error": letter.error},
        "settlement": settlement,
    }


def named(letters: Letters, name: str) -> dict[str, Any]:
    row = brief(letters, name)
    return {column: row[column] for column in ("service", "id", "type", "event_id")}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ("there", "two", "one", "unread")),
        (("--settled",), ("there", "dropped", "two", "one", "unread", "replayed")),
        (("--type", ONE), ("there", "one")),
        (("--type", ONE, "--settled"), ("there", "one", "replayed")),
        (("--service", "eligibility"), ("there",)),
        (("--service", "monitoring", "--settled", "--type", TWO), ("two",)),
        (("--service", "funding"), ()),
        (("--type", "intake.never_heard_of"), ()),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else "",
)
async def test_the_list_has_the_letters_chosen_oldest_first_in_each_service(
    world: World, letters: Letters, options: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert await rows_of(world, "dlq", "list", *options) == [brief(letters, name) for name in found]
    services = (options[1],) if "--service" in options else ALL
    kind = options[options.index("--type") + 1] if "--type" in options else ""
    arguments = {"type": kind, "settled": "--settled" in options}
    await expect_audit(world, services, "dlq list", arguments, ("done", {"letters": len(found)}))
    assert await settlements(world) == settled(letters, "")


async def test_a_letter_is_shown_with_its_record_as_text_and_as_it_is(world: World, letters: Letters) -> None:
    (shown,) = await rows_of(world, "dlq", "show", letters["unread"].id())
    assert shown == {
        **brief(letters, "unread"),
        **{"key": "key", "headers": {"ce_id": "no uuid", "odd": "\\xfe"}, "value": "\\xff{"},
        "record_base64": {
            **{"key": "a2V5", "value": base64.b64encode(b"\xff{").decode()},
            "headers": [["ce_id", base64.b64encode(b"no uuid").decode()], ["odd", "/g=="]],
        },
    }
    arguments = {"letter": str(letters["unread"].id())}
    await expect_audit(world, ALL, "dlq show", arguments, ("done", {}))


async def test_a_settled_letter_is_shown_too_and_another_services_is_not(world: World, letters: Letters) -> None:
    there = letters["dropped"].id()
    (shown,) = await rows_of(world, "dlq", "show", there, "--service", "eligibility")
    sent = letters["dropped"].message
    assert sent is not None
    assert (shown["settlement"], shown["key"], json.loads(shown["value"])) == (
        *("dropped", str(sent.subject)),
        json.loads(sent.data),
    )
    assert shown["headers"] == {f"ce_{name}": value for name, value in sent.attributes().items()}
    for options in ((there, "--service", "monitoring"), (uuid4(),)):
        result = await tenghuan(world, "dlq", "show", *options)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"there is no dead letter {options[0]}\n")


async def test_the_shown_letter_has_a_line_for_each_value(world: World, letters: Letters) -> None:
    result = await tenghuan(world, "dlq", "show", letters["one"].id())
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line.strip())
    assert {name: lines[name].strip() for name in ("service", "type", "topic", "agg_seq")} == {
        **{"service": "monitoring", "type": ONE, "topic": "-", "agg_seq": "3"}
    }


SELECTED = [
    (("two",), (), ["two"]),
    (("two", "there", "replayed"), (), ["there", "two"]),
    (("two", "there"), ("--service", "monitoring"), ["two"]),
    (("two", "one"), ("--type", ONE), ["one"]),
    ((), ("--all",), ["there", "two", "one", "unread"]),
    ((), ("--all", "--type", ONE), ["there", "one"]),
    ((), ("--all", "--service", "monitoring", "--type", TWO), ["two"]),
    ((), ("--all", "--type", "intake.never_heard_of"), []),
]
"""Letters named, options, and the letters chosen: never the settled ones."""


def ids_of(value: Any) -> str:
    return " ".join(value) if isinstance(value, tuple) else ""


@pytest.mark.parametrize(("names", "options", "found"), SELECTED, ids=ids_of)
async def test_a_replay_tries_the_letters_chosen_and_says_what_became_of_each(
    world: World,
    letters: Letters,
    withdrawals: WithdrawalLog,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    options: tuple[str, ...],
    found: list[str],
) -> None:
    monkeypatch.setitem(_REGISTRY, ONE, DeclarationWithdrawn)
    monkeypatch.setitem(_REGISTRY, TWO, DeclarationWithdrawn)
    withdrawals.failing = {"第2次"}
    errors = {"two": "RuntimeError('示例故障')", "unread": "still unreadable: KeyError('specversion')"}
    good = [name for name in found if name not in errors]
    outcome, code = ("done", 0) if len(good) == len(found) else ("failed", 1) if not good else ("partial", 5)
    rows = await rows_of(world, "dlq", "replay", *(letters[name].id() for name in names), *options, code=code)
    assert rows == [{**named(letters, name), "error": errors.get(name)} for name in found]
    assert withdrawals.reasons == [f"第{KEPT[name][2]}次" for name in good]
    assert await settlements(world) == settled(letters, "replayed", *good)
    arguments, services = chosen(letters, names, options)
    detail = {"replayed": [str(letters[name].id()) for name in good]}
    await expect_audit(world, services, "dlq replay", arguments, ("begun", {}), (outcome, detail))


def chosen(letters: Letters, names: tuple[str, ...], options: tuple[str, ...]) -> tuple[dict[str, Any], Any]:
    """Return the arguments and services that the audit rows name."""
    ids = [str(letters[name].id()) for name in names] or None
    kind = options[options.index("--type") + 1] if "--type" in options else ""
    return {"letters": ids, "type": kind}, ("monitoring",) if "--service" in options else ALL


@pytest.mark.parametrize(
    ("names", "options", "found", "dry"),
    [*((*each, False) for each in SELECTED), *((*each, True) for each in SELECTED[3:5])],
    ids=ids_of,
)
async def test_a_drop_closes_the_letters_chosen_and_no_other(
    world: World, letters: Letters, names: tuple[str, ...], options: tuple[str, ...], found: list[str], dry: bool
) -> None:
    ids = [letters[name].id() for name in names]
    because = ("--reason", "示例理由", "--operator", "officer-7", *(["--dry-run"] if dry else []), "--format", "json")
    result = await tenghuan(world, "dlq", "drop", *ids, *options, *because, answer="y\n")
    printed = json.loads(result.stdout.removeprefix(" y\n"))  # the runner prints the answer that it gives
    assert (result.exit_code, printed) == (0, [named(letters, name) for name in found])
    question = f"Close {len(found)} dead letters without handling them?"
    assert (question in result.stderr) is (bool(found) and not dry)
    assert await settlements(world) == settled(letters, "dropped", *([] if dry else found))
    arguments, services = chosen(letters, names, options)
    begun: list[Any] = [] if dry else [("begun", {})]
    outcomes = [*begun, ("done", {"dropped": [str(letters[name].id()) for name in found]})]
    said = {"operator": "officer-7", "reason": "示例理由"}
    await expect_audit(world, services, "dlq drop", {**arguments, "dry_run": dry}, *outcomes, **said)


@pytest.mark.parametrize(
    ("command", "options", "answer", "said", "code"),
    [
        ("replay", ("replayed",), None, "there is no such dead letter, or it is settled", 1),
        ("replay", (UUID(int=7),), None, "there is no such dead letter, or it is settled", 1),
        ("drop", ("dropped", "--reason", "x", "--yes"), None, "there is no such dead letter, or it is settled", 1),
        ("drop", ("one", "--reason", "x"), "n\n", "nothing was changed", 1),
        ("drop", ("one", "--reason", "x"), "", "there is no terminal to ask at; pass --yes", 1),
        ("drop", ("one", "--all", "--reason", "x"), None, "give ids, or --all", 2),
        ("drop", ("--reason", "x"), None, "give ids, or --all", 2),
        ("drop", ("one", "--reason", " "), None, "a reason is required", 2),
        ("replay", (), None, "give ids, or --all", 2),
    ],
    ids=str,
)
async def test_what_is_refused_changes_nothing(
    world: World, letters: Letters, command: str, options: tuple[Any, ...], answer: str | None, said: str, code: int
) -> None:
    arguments = [letters[each].id() if each in letters else each for each in options]
    result = await tenghuan(world, "dlq", command, *arguments, answer=answer)
    assert (result.exit_code, result.stdout.strip(), said in result.stderr) == (code, (answer or "").strip(), True)
    assert await settlements(world) == settled(letters, "")
    outcomes = [row["outcome"] for row in (await audit_rows(world)).get("funding", [])]
    assert outcomes == ([] if code == 2 else ["begun", "refused"])
