"""Each operator on a statement in SQLAlchemy, and on the calls of a migration."""

import ast

import pytest

from mutants import sql_code
from mutants.declared import columns
from mutants.source import Source

CODE = """
async def held(session, key):
    rows = select(Hold).where(Hold.application_id == key, Hold.lifted_at.is_(None)).order_by(Hold.id.desc()).limit(5)
    one = select(Hold).filter_by(ground="credit", severity="stop").with_for_update(key_share=True)
    two = await session.get(Hold, key, with_for_update=True, populate_existing=True)
    kept = insert(Hold).values(a=1).on_conflict_do_update(index_elements=["id"], set_={"a": 1})
    left = insert(Hold).on_conflict_do_nothing()
    new = select(Hold).where(Hold.placed_at <= key, Hold.severity.in_(["review", "stop"]))
"""
MIGRATION = """
def upgrade():
    op.create_table("hold", sa.Column("id", sa.Uuid, nullable=False), sa.CheckConstraint("a > 0"))
    protect(op, "hold", "funding", applicant=True)
    for table in ("hold", "loan"):
        append_only(op, table, "funding")
def downgrade():
    protect(op, "hold", "funding")
"""


def changes(path: str, text: str) -> set[tuple[str, str, str]]:
    source = Source(path, text)
    found = sql_code.mutants(source)
    for mutant in found:
        ast.parse(mutant.apply(text))
    return {(mutant.operator, mutant.old, mutant.new) for mutant in found}


@pytest.mark.parametrize(
    "change",
    [
        ("drop_conjunct", "Hold.application_id == key,", ""),
        ("drop_conjunct", ", Hold.lifted_at.is_(None)", ""),
        ("drop_where", ".where(Hold.application_id == key, Hold.lifted_at.is_(None))", ""),
        ("drop_order_by", ".order_by(Hold.id.desc())", ""),
        ("drop_desc", ".desc()", ""),
        ("drop_limit", ".limit(5)", ""),
        ("drop_conjunct", 'ground="credit",', ""),
        ("drop_with_for_update", ".with_for_update(key_share=True)", ""),
        ("drop_with_for_update", ", with_for_update=True", ""),
        ("drop_populate_existing", ", populate_existing=True", ""),
        ("weaken", '.on_conflict_do_update(index_elements=["id"], set_={"a": 1})', ".on_conflict_do_nothing()"),
        ("drop_on_conflict_do_nothing", ".on_conflict_do_nothing()", ""),
        ("flip", "<=", "<"),
        ("drop_element", '"review",', ""),
        ("swap_columns", "placed_at", "lifted_at"),
    ],
    ids=lambda change: " ".join(change),
)
def test_an_operator_changes_its_part_of_a_statement(change: tuple[str, str, str]) -> None:
    assert change in changes("services/funding/sample.py", CODE)


@pytest.mark.parametrize(
    "change",
    [
        ("drop_nullable", ", nullable=False", ""),
        ("drop_constraint", ', sa.CheckConstraint("a > 0")', ""),
        ("drop_statement", 'protect(op, "hold", "funding", applicant=True)', "pass"),
        ("drop_applicant", ", applicant=True", ""),
        ("drop_element", '"hold",', ""),
        ("drop_statement", 'append_only(op, table, "funding")', "pass"),
    ],
    ids=lambda change: " ".join(change),
)
def test_an_operator_changes_its_part_of_a_migration(change: tuple[str, str, str]) -> None:
    assert change in changes("services/funding/migrations/versions/0001_sample.py", MIGRATION)


def test_a_downgrade_is_left_alone() -> None:
    source = Source("services/funding/migrations/versions/0001_sample.py", MIGRATION)
    assert {mutant.where for mutant in sql_code.mutants(source)} == {"upgrade"}


def test_a_docstring_is_no_statement() -> None:
    prose = '"""Return the CHECK expression that limits a text column, FOR UPDATE of rows WHERE a = 1 AND b = 2."""'
    assert sql_code.mutants(Source("services/funding/sample.py", f"def f():\n    {prose}\n")) == []
    assert sql_code.mutants(Source("services/funding/sample.py", f"def f():\n    return {prose}\n")) != []


def test_a_column_is_swapped_for_one_of_its_type() -> None:
    types = columns()["Hold"]
    text = "def f():\n    return select(Hold.clause)\n"
    swapped = [mutant.new for mutant in sql_code.mutants(Source("services/funding/sample.py", text))]
    assert len(swapped) == 1
    assert swapped[0] != "clause"
    assert types[swapped[0]] == types["clause"]
