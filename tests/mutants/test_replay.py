"""Ids that survive moved lines, runs that resume, entries that are replayed, scores."""

from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from mutants import replay, results, sql_code
from mutants.__main__ import sample, waiting
from mutants.source import Edit, Mutant, Source, numbered
from mutants.zygote import replace_code

PATH = "services/funding/sample.py"
CODE = """
def first():
    return select(Hold).where(Hold.a == 1, Hold.b == 2)


def second():
    x = select(Hold).where(Hold.a == 1, Hold.b == 2)
    return select(Hold).where(Hold.a == 1, Hold.b == 2)
"""
MOVED = '"""Docstring."""\n\nimport os\n' + CODE.replace("    x =", "    y = 1\n    x =")


def mutants_of(text: str) -> list[Mutant]:
    return sql_code.mutants(Source(PATH, text))


def test_ids_survive_moved_lines_and_differ_from_each_other() -> None:
    before, after = mutants_of(CODE), mutants_of(MOVED)
    assert [mutant.id for mutant in before] == [mutant.id for mutant in after]
    assert [mutant.edits for mutant in before] != [mutant.edits for mutant in after]
    assert len({mutant.id for mutant in before}) == len(before) == 9


def test_an_id_depends_on_place_and_change() -> None:
    mutant = mutants_of(CODE)[0]
    changes: list[dict[str, Any]] = [{name: "x"} for name in ("suite", "operator", "path", "where", "old", "new")]
    others = [replace(mutant, **change) for change in changes]
    assert len({each.id for each in [mutant, replace(mutant, ordinal=1), *others]}) == 8


def test_two_edits_of_one_mutant_are_both_applied() -> None:
    edits = (Edit(4, 5, "a"), Edit(0, 1, "bb"))
    assert Mutant("routes", "swap", PATH, "f", edits, "", "").apply("a + b") == "bb + a"


@pytest.mark.parametrize("text", [CODE, MOVED], ids=["in its place", "moved"])
def test_an_entry_is_found_again_in_the_right_one_of_equal_lines(text: str) -> None:
    source, moved = Source(PATH, CODE), Source(PATH, text)
    for mutant in mutants_of(CODE):
        entry = replay.entry_of(source, mutant, "tests/x.py::test")
        found = entry.mutant(moved)
        assert found is not None
        same = next(each for each in mutants_of(text) if each.id == mutant.id)
        assert found.apply(text) == same.apply(text)


@pytest.mark.parametrize(
    "text",
    [CODE.replace("Hold.b == 2", "Hold.c == 2"), CODE.replace("def first", "def other")],
    ids=["the line is another", "the function is gone"],
)
def test_an_entry_without_its_place_is_stale(text: str) -> None:
    entry = replay.entry_of(Source(PATH, CODE), mutants_of(CODE)[0], "tests/x.py::test")
    assert entry.mutant(Source(PATH, text)) is None


@pytest.mark.parametrize(
    ("outcomes", "red"),
    [
        (["killed"] * 9 + ["timeout"], 0),
        (["killed"] * 9 + ["survived"], 1),
        (["killed"] * 9 + ["stale"], 0),
        (["killed"] * 8 + ["stale"] * 2, 1),
    ],
    ids=["all killed", "one survives", "a tenth is stale", "more than a tenth is stale"],
)
def test_a_replay_is_red_for_a_survivor_or_many_stale_entries(outcomes: list[str], red: int) -> None:
    assert replay.verdict({str(number): outcome for number, outcome in enumerate(outcomes)}) == red


def test_a_run_resumes_after_its_results(tmp_path: Path) -> None:
    mutants, file = mutants_of(CODE), tmp_path / "sql.jsonl"
    assert results.read(file) == {}
    for mutant, outcome in zip(mutants, ["killed", "survived", "error"], strict=False):
        results.append(file, mutant, {"outcome": outcome, "seconds": 1.5})
    results.append(file, mutants[2], {"outcome": "timeout"})
    known = results.read(file)
    assert waiting(mutants, known, again=False) == mutants[3:]
    assert waiting(mutants, known, again=True) == [*mutants[3:], mutants[1]]
    results.append(file, mutants[3], {"outcome": "error"})
    assert waiting(mutants, results.read(file), again=False) == mutants[3:]


def test_a_sample_is_the_same_for_a_seed_and_lets_operators_take_turns() -> None:
    many = numbered(
        Mutant("sql", name, PATH, "f", (Edit(place, place + 1),), str(place), "")
        for name, count in (("often", 30), ("rare", 2))
        for place in range(count)
    )
    chosen = sample(many, 4, 1)
    assert chosen == sample(list(reversed(many)), 4, 1)
    assert sorted(mutant.operator for mutant in chosen) == ["often", "often", "rare", "rare"]
    assert {mutant.id for mutant in sample(many, 20, 1)} != {mutant.id for mutant in sample(many, 20, 2)}


def test_the_cheapest_killed_mutants_of_each_operator_and_file_come_first() -> None:
    def pair(
        operator: str, seconds: float, outcome: str = "killed", test: str = "t.py::t"
    ) -> tuple[Mutant, dict[str, object]]:
        mutant = Mutant("sql", operator, PATH, "f", (Edit(0, 1),), f"{operator} {seconds}", "")
        return mutant, {"outcome": outcome, "seconds": seconds, "test": test}

    pairs = [pair("a", 2), pair("a", 1), pair("b", 3), pair("b", 0.1, "survived"), pair("b", 0.1, test="migration: x")]
    assert [mutant.old for mutant, _ in replay.cheapest(pairs, 2)] == ["a 1", "b 3"]


@pytest.mark.parametrize(
    ("killed", "count", "low", "high"),
    [(0, 0, 0.0, 1.0), (9, 10, 0.596, 0.982), (285, 300, 0.919, 0.969), (300, 300, 0.987, 1.0)],
)
def test_the_interval_is_wilsons(killed: int, count: int, low: float, high: float) -> None:
    assert results.wilson(killed, count) == pytest.approx((low, high), abs=0.0006)


def test_scores_are_stated_by_area_and_broken_mutants_do_not_count() -> None:
    def pair(path: str, outcome: str) -> tuple[Mutant, dict[str, object]]:
        return Mutant("sql", "flip", path, "f", (Edit(0, 1),), "", ""), {"outcome": outcome}

    funding, schema = "services/funding/holds.py", "services/funding/migrations/versions/0001.py"
    pairs = [pair(funding, each) for each in ("killed", "survived", "broken", "timeout")] + [pair(schema, "killed")]
    lines = [line.split("|")[1:4] for line in list(results.table(pairs))[2:]]
    assert [[cell.strip() for cell in line] for line in lines] == [
        ["migrations", "1", "1"],
        ["services/funding", "2", "3"],
        ["all", "3", "4"],
    ]


def test_the_code_of_a_function_is_replaced_wherever_it_is_held() -> None:
    def sample() -> int:
        return 1

    kept: FunctionType = sample  # type: ignore[assignment]
    name = sample.__code__.co_qualname
    outer = "test_the_code_of_a_function_is_replaced_wherever_it_is_held"
    text = f"def {outer}():\n    def sample():\n        return 2\n"
    assert not replace_code({}, __file__, name, text)
    assert replace_code({(__file__, name): [kept]}, __file__, name, text)
    assert kept() == 2
    assert not replace_code({(__file__, name): [kept]}, __file__, "unknown", text)
