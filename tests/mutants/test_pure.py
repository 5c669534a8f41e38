"""Mutants of pure code: what is changed and what is left alone, ids that survive moved lines, the choice of tests."""

import ast
from pathlib import Path

import pytest

from mutants import pure
from mutants.coverage import Coverage
from mutants.source import Mutant, Source

CODE = '''
"""Module."""

LIMIT = 30
Verdict = Literal["keep", "skip"]
LABELS = {"held": "暂停拨付"}


class Line:
    """Class."""

    days: int = 2

    @property
    def late(self) -> bool:
        """Return whether it is late."""
        return self.days > LIMIT and not self.paid

    def check(self) -> None:
        if (
            self.days
            < 0
        ):
            raise ValueError("日数不得为负")


async def stored(session):
    return await session.get(1)


def rest(total, paid):
    return max(total - paid, 0)
'''


def mutants(code: str = CODE) -> list[Mutant]:
    return pure.mutants(Source("services/intake/rules/sample.py", code))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pure, "FOLDER", tmp_path)


def changes() -> set[tuple[str, str, str]]:
    return {(each.where, each.old, each.new) for each in mutants()}


def test_constants_decorated_functions_and_methods_are_changed() -> None:
    assert {
        ("LIMIT", "30", "31"),
        ("LABELS", '"held"', '"XXheldXX"'),
        ("Line", "2", "3"),
        ("Line.late", "> LIMIT", ">= LIMIT"),
        ("Line.late", "not self.paid", "self.paid"),
        ("Line.check", "< 0", "<= 0"),
        ("rest", "total - paid", "total + paid"),
        ("rest", "max(total - paid, 0)", "max(total - paid, )"),
    } <= changes()


def test_prose_types_and_asynchronous_functions_are_left_alone() -> None:
    for where, old, _ in changes():
        assert where not in ("stored", "Verdict")
        assert "日数" not in old
    assert not any(new == '"XX暂停拨付XX"' for _, _, new in changes())


def test_every_mutant_is_python_and_differs() -> None:
    for each in mutants():
        assert ast.dump(ast.parse(each.apply(CODE))) != ast.dump(ast.parse(CODE)), each


def test_ids_survive_moved_lines_and_are_told_apart() -> None:
    moved = mutants("\n# A comment.\nOTHER = 1\n" + CODE)
    ids = [each.id for each in mutants()]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {each.id for each in moved}


def test_a_list_that_was_made_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    first = mutants()
    (kept,) = (tmp_path / "pure").iterdir()
    assert mutants() == first
    mutants(CODE + "\nMORE = 1\n")
    assert len(list((tmp_path / "pure").iterdir())) == 2
    assert kept.exists()


def test_tests_of_the_file_itself_come_first_and_the_budget_is_kept() -> None:
    path, where = "shared/backoff.py", "KeyedBackoff.failed"
    mutant = Mutant("pure", "integer", path, where, (), "2", "3")
    slow, own, far = ("tests/shared/test_backoff.py::slow", "tests/shared/test_backoff.py::a", "tests/shared/x.py::c")
    coverage = Coverage({far: 0.1, own: 3.0, slow: 30.0, "tests/shared/y.py::d": 0.1})
    coverage.entering[path, where] = {far}
    assert pure.tests_for(coverage, mutant, 10.0) == [own, far]
    assert pure.tests_for(coverage, mutant, 1.0) == [far]
    assert pure.tests_for(coverage, mutant, 99.0) == [own, slow, far]


def test_the_pure_files_exist_and_are_not_few() -> None:
    found = pure.files()
    assert len(found) >= 70
    assert {"shared/dates.py", "services/funding/interest/checks/terms.py", "shared/policy/language.py"} <= set(found)
    assert not any("/models/" in path or "/api/" in path for path in found)
