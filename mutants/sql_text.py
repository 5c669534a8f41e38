"""Operators on the text of SQL, in the code and in migrations."""

import re
from collections.abc import Iterator
from itertools import pairwise

from mutants.source import Edit
from mutants.sql_splitter import Token, cut, tokens

CONDITIONS = {"WHERE", "HAVING", "WHEN", "IF", "ELSIF", "CHECK", "USING", "ON"}
ENDS = frozenset(
    "WHERE GROUP ORDER LIMIT RETURNING UNION FOR THEN LEFT JOIN INNER CROSS HAVING WINDOW SET OFFSET ELSE ON WITH "  # noqa: SIM905
    "DO END WHEN FROM AS TO IF ELSIF".split()
)
DROPPED = re.compile(
    r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF \w+)?|\bSKIP LOCKED|\bAS RESTRICTIVE|\bSECURITY DEFINER|\bNOT NULL"
    r"|\bDISTINCT(?! FROM)|\bNULLS NOT DISTINCT|\bLIMIT [\w:.{}]+|\bON CONFLICT DO NOTHING|\bREFERENCES \w+"
    r"|\bUNIQUE(?= INDEX|,|\n)|\bWITH CHECK \((?:[^()]|\([^()]*\))*\)|\bTRUNCATE OR |\b OR TRUNCATE|\bUPDATE OR "
    r"|, (?:UPDATE|DELETE|TRUNCATE)\b(?= ON|,)"
)
WEAKER = (
    (r"ON CONFLICT \([^)]*\)(?= DO NOTHING)", "ON CONFLICT"),
    (r"(?<=[a-z]_lock)(?=\()", "_shared"),
    (r" DESC\b", ""),
)
_COLUMN = re.compile(r"[a-z_.0-9]+$")
FLIPS = {"<=": "<", ">=": ">", "<": "<=", ">": ">=", "<>": "="}


def mutations(literal: str) -> Iterator[tuple[str, Edit]]:
    """Yield the name and the edit of each mutation of a raw SQL literal."""
    words = tokens(literal)
    for match in DROPPED.finditer(literal):
        yield "drop_clause", Edit(*match.span())
    for pattern, weaker in WEAKER:
        for match in re.finditer(pattern, literal):
            yield "weaken", Edit(*match.span(), weaker)
    yield from _conditions(literal, words)
    yield from _lists(literal, words)
    yield from _statements(literal, words)


def _conditions(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    for index, word in enumerate(words[:-1]):
        if word.upper in CONDITIONS and words[index + 1].upper not in {"CONFLICT", "NOT", "EXISTS"}:
            if word.upper == "ON" and (words[0].upper in {"GRANT", "REVOKE", "CREATE", "ALTER"} and word.depth == 0):
                continue
            yield from _conjuncts(literal, _until_end(words, index + 1))
        elif word.text in FLIPS:
            yield "flip", Edit(word.start, word.end, FLIPS[word.text])
        elif word.upper == "IN" and words[index + 1].text == "(":
            inner = _until_end(words, index + 2)
            elements = [each for each in inner if each.text != ","]
            if len(elements) * 2 - 1 == len(inner) and len(elements) > 1:
                yield "drop_element", Edit(elements[0].start, elements[1].start)
                for before, element in pairwise(elements):
                    yield "drop_element", Edit(before.end, element.end)


def _until_end(words: list[Token], index: int) -> list[Token]:
    """Return the tokens of the condition or list that begins at the index; one in parentheses without these."""
    depth = words[index].depth if index < len(words) else 0
    if index < len(words) and words[index].text == "(" and words[index - 1].upper in {"CHECK", "USING"}:
        index, depth = index + 1, depth + 1
    found: list[Token] = []
    for word in words[index:]:
        ended = word.depth < depth or (word.depth == depth and (word.upper in ENDS or word.text == ";"))
        if ended and not (word.upper == "FROM" and found and found[-1].upper == "DISTINCT"):
            break
        found.append(word)
    return found


def _conjuncts(literal: str, condition: list[Token]) -> Iterator[tuple[str, Edit]]:
    if not condition:
        return
    depth, between = min(word.depth for word in condition), False
    joints: list[Token] = []
    for word in condition:
        if word.depth == depth and word.upper == "BETWEEN":
            between = True
        elif word.depth == depth and word.upper in {"AND", "OR"}:
            if not between:
                joints.append(word)
            between = False
    if not joints:
        yield "drop_condition", cut(literal, condition[0].start, condition[-1].end, "true")
        return
    yield "drop_conjunct", cut(literal, condition[0].start, joints[0].end)
    for joint, following in pairwise([*joints, None]):
        end = condition[-1].end if following is None else following.start
        yield "drop_conjunct", cut(literal, joint.start, end)  # type: ignore[union-attr]


def _lists(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    """Swap two neighbours: `a, b` of an inserted, selected or set list."""
    end = Token("", len(literal), len(literal), 0)
    for opens, first, comma, second, closes in zip(
        words, words[1:], words[2:], words[3:], [*words[4:], end], strict=False
    ):
        listed = opens.upper in {"(", ",", "SELECT", "RETURNING", "BY"} and closes.upper in {",", ")", "FROM", ""}
        if not listed or comma.text != "," or not (_COLUMN.match(first.text) and _COLUMN.match(second.text)):
            continue
        swapped = f"{second.text}, {first.text}"
        if first.depth == 0 or opens.upper == "SELECT":
            names = [each.text.rpartition(".")[2] for each in (first, second)]
            swapped = f"{second.text} AS {names[0]}, {first.text} AS {names[1]}"
        yield "swap_columns", cut(literal, first.start, second.end, swapped)


def _statements(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    """Leave a policy, trigger, grant or alteration out, and a constraint of a table."""
    first = 0
    for index, word in enumerate([*words, Token(";", len(literal), len(literal), 0)]):
        if word.text == ";" and word.depth == 0 and index > first:
            kind = " ".join(each.upper for each in words[first : first + 2])
            if re.match(r"CREATE (POLICY|TRIGGER)|GRANT|REVOKE|ALTER", kind):
                yield "drop_statement", cut(literal, words[first].start, words[index - 1].end, "SELECT 1")
            if kind == "CREATE TABLE":
                yield from _constraints(literal, words[first:index])
            first = index + 1


def _constraints(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    commas = [i for i, word in enumerate(words) if word.text == "," and word.depth == 1]
    for comma, following in pairwise([*commas, len(words) - 1]):
        if words[comma + 1].upper in {"CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN"}:
            yield "drop_constraint", cut(literal, words[comma].start, words[following - 1].end)
