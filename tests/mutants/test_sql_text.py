"""Each operator on a small text of SQL."""

import pytest

from mutants.sql_splitter import is_sql, tokens
from mutants.sql_text import mutations

SELECT = '''"""
    SELECT r.id, r.rank FROM entry r JOIN k ON r.district = k.district
    WHERE r.left_on IS NULL AND r.score >= 60 AND r.day BETWEEN :from AND :to AND (r.a OR r.b)
      AND r.state IN ('open', 'late')
    ORDER BY r.score DESC FOR NO KEY UPDATE OF r SKIP LOCKED
"""'''
TABLE = '''"""
CREATE TABLE hold (
    id UUID NOT NULL,
    state TEXT CHECK (state <> ''),
    CONSTRAINT pk_hold PRIMARY KEY (id),
    CONSTRAINT ck_hold_state CHECK (state IN ('review', 'stop'))
);
CREATE UNIQUE INDEX uq_hold ON hold (id) WHERE state = 'stop'
"""'''
POLICY = '''"CREATE POLICY own ON hold AS RESTRICTIVE TO app USING (a = b) "
    f"WITH CHECK ({seen} AND c)"'''


def mutated(literal: str) -> set[tuple[str, str, str]]:
    """Return operator, replaced text and new text of each mutation."""
    return {
        (name, " ".join(literal[edit.start : edit.end].split()), " ".join(edit.text.split()))
        for name, edit in mutations(literal)
    }


@pytest.mark.parametrize(
    ("literal", "operator", "old", "new"),
    [
        (SELECT, "drop_condition", "r.district = k.district", "true"),
        (SELECT, "drop_conjunct", "r.left_on IS NULL AND", ""),
        (SELECT, "drop_conjunct", "AND r.score >= 60", ""),
        (SELECT, "drop_conjunct", "AND r.day BETWEEN :from AND :to", ""),
        (SELECT, "drop_conjunct", "AND (r.a OR r.b)", ""),
        (SELECT, "drop_conjunct", "AND r.state IN ('open', 'late')", ""),
        (SELECT, "drop_element", "'open',", ""),
        (SELECT, "drop_element", ", 'late'", ""),
        (SELECT, "flip", ">=", ">"),
        (SELECT, "weaken", "DESC", ""),
        (SELECT, "drop_clause", "FOR NO KEY UPDATE OF r", ""),
        (SELECT, "drop_clause", "SKIP LOCKED", ""),
        (SELECT, "swap_columns", "r.id, r.rank", "r.rank AS id, r.id AS rank"),
        (TABLE, "drop_clause", "NOT NULL", ""),
        (TABLE, "drop_clause", "UNIQUE", ""),
        (TABLE, "drop_condition", "state = 'stop'", "true"),
        (TABLE, "drop_condition", "state <> ''", "true"),
        (TABLE, "drop_constraint", ", CONSTRAINT ck_hold_state CHECK (state IN ('review', 'stop'))", ""),
        (POLICY, "drop_clause", "AS RESTRICTIVE", ""),
        (POLICY, "drop_condition", "a = b", "true"),
        (POLICY, "drop_conjunct", "AND c", ""),
        (POLICY, "drop_statement", " ".join(POLICY.strip('"').split()), 'SELECT 1" f"'),
        ('"INSERT INTO t (a, b) VALUES (1, 2)"', "swap_columns", "a, b", "b, a"),
        ('"INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING"', "drop_clause", "ON CONFLICT DO NOTHING", ""),
        ('"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING"', "weaken", "ON CONFLICT (a)", "ON CONFLICT"),
        ('"SELECT pg_advisory_xact_lock(7)"', "weaken", "", "_shared"),
        ('"GRANT SELECT, DELETE ON t TO app"', "drop_clause", ", DELETE", ""),
        ('"GRANT SELECT, DELETE ON t TO app"', "drop_statement", "GRANT SELECT, DELETE ON t TO app", "SELECT 1"),
        ('"CREATE TRIGGER k BEFORE DELETE OR TRUNCATE ON t EXECUTE FUNCTION f()"', "drop_clause", "OR TRUNCATE", ""),
    ],
)
def test_an_operator_changes_just_its_part(literal: str, operator: str, old: str, new: str) -> None:
    assert (operator, old, new) in mutated(literal)


def test_a_comment_and_a_string_are_no_part_of_a_condition() -> None:
    literal = '''"""SELECT 1 WHERE a = 'x AND y' -- AND z
AND b"""'''
    assert {old for name, old, _ in mutated(literal) if name == "drop_conjunct"} == {
        "a = 'x AND y' -- AND z AND",
        "AND b",
    }


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ('"SELECT 1"', True),
        ('f"UPDATE {table} SET a = 1"', True),
        ('"left_on IS NULL"', True),
        ('"with the reason"', False),
        ('"项目 WHERE 已"', False),
    ],
)
def test_sql_is_told_from_prose(literal: str, expected: bool) -> None:
    assert is_sql(literal) is expected


def test_depth_is_that_of_the_parentheses() -> None:
    assert [(each.text, each.depth) for each in tokens('"f(a, (b))"')] == [
        ("f", 0), ("(", 0), ("a", 1), (",", 1), ("(", 1), ("b", 2), (")", 1), (")", 0),
    ]  # fmt: skip
