"""Split the raw literal of a SQL text into words, and keep the layout of what is not changed.

The literal has its quotes: `" …\\n f"` between two joined literals and a comment count as white space, a `{…}` of an
f-string as a word.
"""

import re
from dataclasses import dataclass

from mutants.source import Edit

_TOKEN = re.compile(
    r"""(?P<gap>\s+|"\s*\n\s*f?"|--[^\n]*|^f?"+|"+$|^f?'|'$)|(?P<string>'(?:[^'\n]|'')*')|(?P<word>(?:\{[^{}]*\}|[\w.:])+)"""
    r"""|(?P<mark><=|>=|<>|!=|->>|->|\|\||\$\$|.)""",
    re.DOTALL,
)
_STATEMENT = re.compile(r"""^(?:f?["']+)?\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|GRANT|REVOKE)\b""")
_CLAUSE = re.compile(r"\b(WHERE|CHECK|USING|ON CONFLICT|IS NULL|IS NOT NULL|= ANY|IN \()")


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


def cut(literal: str, start: int, end: int, text: str = "") -> Edit:
    """Return the removal of a part, which keeps the quotes between joined literals."""
    return Edit(start, end, text + "".join(re.findall(r'"\s*\n\s*f?"', literal[start:end])))
