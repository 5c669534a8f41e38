"""The index of clauses follows the code, and a clause that is judged or has a number is guarded by a test."""

from pathlib import Path

import pytest

from deploy.checks import citations, clause_table
from deploy.checks.clause_table import CODE, PAGE, described, generated_code, generated_page

GUARDED = {"判定", "参数"}
"""Kinds of clauses.toml that need a test: judged, and a dated number."""
AGAIN = "run python -m deploy.checks.clause_table write"


def test_the_page_is_the_one_the_code_gives() -> None:
    page = PAGE.read_text("utf-8")
    assert page == generated_page(page), AGAIN


def test_the_served_index_is_the_one_the_code_gives() -> None:
    assert CODE.read_text("utf-8") == generated_code(), AGAIN


def test_every_clause_that_is_judged_or_has_a_number_has_a_test_that_cites_it() -> None:
    marked = citations.marked_tests()
    guarded = [clause for clause, entry in described().items() if GUARDED & set(entry["kinds"])]
    assert len(guarded) > 15
    assert [clause for clause in guarded if clause not in marked] == []


def test_every_clause_has_a_module_a_table_or_an_act() -> None:
    index = clause_table.code_index()
    owed = [clause for clause, entry in described().items() if entry["kinds"] != ["原则"]]
    assert [clause for clause in owed if not any(index[clause][name] for name in ("acts", "modules", "tables"))] == []


def test_a_mark_names_a_clause_of_the_notice() -> None:
    assert set(citations.marked_tests()) <= set(described())


SOURCE = '''"""Tests of interest (二（四）1)."""
import pytest
pytestmark = [pytest.mark.faults, pytest.mark.clause("二（四）2")]

@pytest.mark.clause("三（三）", "二（五）")
def test_one() -> None: ...

def test_two() -> None: ...
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the root of a small source tree with one test, one table, one rule module, one endpoint."""
    files = {
        "tests/test_sample.py": SOURCE,
        "services/funding/models/loans.py": (
            '"""Tables of loans. 二（四）2"""\nclass Loan(Base):\n    """Loan."""\n    __tablename__ = "loan"\n'
            'class Cap(Base):\n    """Cap of 二（四）1."""\n    __tablename__ = "cap"\n'
        ),
        "services/funding/rules/offers.py": 'def offer():\n    """Return the offer. 二（四）"""\n',
        "services/funding/api/loans.py": (
            '@router.post("/v1/loans", name="register_loan", description=("登记贷款。" "依据方案二（四）2。"))\n'
            'async def register():\n    """Register a loan."""\n'
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_citations_are_read_from_marks_docstrings_and_descriptions(tree: Path) -> None:
    assert citations.marked_tests(tree) == {
        "二（四）2": ["tests/test_sample.py"],
        "三（三）": ["tests/test_sample.py::test_one"],
        "二（五）": ["tests/test_sample.py::test_one"],
    }
    assert citations.tables(tree) == {"二（四）2": ["funding.loan"], "二（四）1": ["funding.cap"]}
    assert citations.rule_modules(tree) == {"二（四）": ["services/funding/rules/offers.py"]}
    assert citations.acts(tree) == {"二（四）2": ["funding.register_loan"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("三（一）¶1, 四（一）2-3", ["三（一）", "四（一）2"]),
        ("二（四）2 and 二", ["二（四）2", "二"]),
        ("一年期LPR，四个单位", []),
    ],
)
def test_a_clause_number_is_told_from_other_numerals(text: str, found: list[str]) -> None:
    assert citations.cited_clauses(text) == found
