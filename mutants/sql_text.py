"""Operators on the text of SQL: a small splitter over the raw literal, which keeps the layout of the rest.

Written over the raw literal with its quotes: `" …\\n f"` between two joined literals, a `{…}` of an f-string and a
comment stand for white space or a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mutants.source import Edit

_TOKEN = re.compile(
    r"""(?P<gap>\s+|"\s*\n\s*f?"|--[^\n]*|^f?"+|"+$|^f?'|'$)|(?P<string>'(?:[^'\n]|'')*')|(?P<word>(?:\{[^{}]*\}|[\w.:])+)"""
    r"""|(?P<mark><=|>=|<>|!=|->>|->|\|\||\$\$|.)""",
    re.DOTALL,
)
_STATEMENT = re.compile(r"""^(?:f?["']+)?\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|GRANT|REVOKE)\b""")
_CLAUSE = re.compile(r"\b(WHERE|CHECK|USING|ON CONFLICT|IS NULL|IS NOT NULL|= ANY|IN \()")
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
FLIPS = {"<=": "<", ">=": ">", "<": "<=", ">": ">=", "<>": "="}


@dataclass(frozen=True)
class Token:
    """A word, string or mark, with the depth of parentheses at which it stands."""

    text: str
    start: int
    end: int
    depth: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.text.isalpha() else self.text


def is_sql(literal: str) -> bool:
    """Return whether a raw literal is a statement, or a condition that is built into one."""
    body = literal.strip("f\"'")
    return bool(_STATEMENT.match(literal)) or (bool(_CLAUSE.search(body)) and not re.search(r"[^\x00-\x7f]", body))


def tokens(literal: str) -> list[Token]:
    """Return the tokens without white space and comments."""
    found, depth = [], 0
    for match in _TOKEN.finditer(literal):
        if match.lastgroup == "gap":
            continue
        depth -= match[0] == ")"
        found.append(Token(match[0], *match.span(), depth))
        depth += match[0] == "("
    return found


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
        yield "drop_condition", _cut(literal, condition[0].start, condition[-1].end, "true")
        return
    yield "drop_conjunct", _cut(literal, condition[0].start, joints[0].end)
    for joint, following in pairwise([*joints, None]):
        end = condition[-1].end if following is None else following.start
        yield "drop_conjunct", _cut(literal, joint.start, end)  # type: ignore[union-attr]


def _cut(literal: str, start: int, end: int, text: str = "") -> Edit:
    """Return the removal of a part, which keeps the quotes between joined literals."""
    return Edit(start, end, text + "".join(re.findall(r'"\s*\n\s*f?"', literal[start:end])))


def _lists(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    """Swap two neighbours: `a, b` of an inserted, selected or set list."""
    for index in range(len(words) - 3):
        opens, first, comma, second = words[index : index + 4]
        if comma.text != "," or not (
            re.fullmatch(r"[a-z_.0-9]+", first.text) and re.fullmatch(r"[a-z_.0-9]+", second.text)
        ):
            continue
        closes = words[index + 4].text if index + 4 < len(words) else ""
        if (
            opens.text not in {"(", ","} and opens.upper not in {"SELECT", "RETURNING", "BY"}
        ) or closes.upper() not in {",", ")", "FROM", ""}:
            continue
        names = (first.text, second.text)
        if first.depth == 0 or opens.upper == "SELECT":
            swapped = f"{names[1]} AS {names[0].rpartition('.')[2]}, {names[0]} AS {names[1].rpartition('.')[2]}"
        else:
            swapped = ", ".join(reversed(names))
        yield "swap_columns", _cut(literal, first.start, second.end, swapped)


def _statements(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    """Leave a policy, trigger, grant or alteration out, and a constraint of a table."""
    first = 0
    for index, word in enumerate([*words, Token(";", len(literal), len(literal), 0)]):
        if word.text == ";" and word.depth == 0 and index > first:
            kind = " ".join(each.upper for each in words[first : first + 2])
            if re.match(r"CREATE (POLICY|TRIGGER)|GRANT|REVOKE|ALTER", kind):
                yield "drop_statement", _cut(literal, words[first].start, words[index - 1].end, "SELECT 1")
            if kind == "CREATE TABLE":
                yield from _constraints(literal, words[first:index])
            first = index + 1


def _constraints(literal: str, words: list[Token]) -> Iterator[tuple[str, Edit]]:
    commas = [i for i, word in enumerate(words) if word.text == "," and word.depth == 1]
    for comma, following in pairwise([*commas, len(words) - 1]):
        if words[comma + 1].upper in {"CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN"}:
            yield "drop_constraint", _cut(literal, words[comma].start, words[following - 1].end)
