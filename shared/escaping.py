"""Escaping of text that becomes part of a document, one function for each format. HTML: `html.escape` or Jinja2.

Stored text may hold anything that an earlier version accepted, so each function also makes breaks and characters that
mislead visible.
"""

import re
import string
import unicodedata
from typing import Any, Final

from shared.text import visible

_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_INLINE: Final = re.compile(r"[\\`*_\[\]|~]")
_BLOCK: Final = re.compile(r"^(\d{1,9})(?=[.)](?:\s|$))|^(?=#|>|[-+](?:\s|$)|[-=]+$)")
_ADDRESS: Final = re.compile(r"(?<=:)(?=//)|(?<=[Ww]{3})(?=\.)|(?=@)")


def markdown(text: str) -> str:
    """Return text as one line of Markdown (CommonMark with tables) that renders as the text itself, wherever it stands.

    No character of it becomes a heading, list, table, link, address or HTML.
    """
    line = " ".join(visible(text).split())
    marked = _ADDRESS.sub(r"\\", _INLINE.sub(r"\\\g<0>", line)).replace("&", "&amp;").replace("<", "&lt;")
    return _BLOCK.sub(lambda found: f"{found[1] or ''}\\", marked)


class _Markdown(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return markdown(super().format_field(value, format_spec))


def markdown_line(template: str, *values: Any, **named: Any) -> str:
    """Return a template of `str.format` in which every value is escaped for Markdown."""
    return _Markdown().vformat(template, values, named)


def csv_cell(text: str) -> str:
    """Return text for a cell of a CSV file: one line, with an apostrophe where a spreadsheet would compute it.

    Full-width signs count too: spreadsheets compute them in some languages.
    """
    line = visible(text)
    return f"'{line}" if unicodedata.normalize("NFKC", line[:1]).startswith(_FORMULA_STARTS) else line


def csv_digits(digits: str) -> str:
    """Return a code of digits for a cell of a CSV file: a tab before it keeps zeros and figures in a spreadsheet.

    Without it a spreadsheet makes a number of fifteen figures at most. Readers of the file leave blanks out.
    """
    return f"\t{visible(digits)}"


def terminal(value: Any) -> Any:
    """Return a value for a line on a terminal; text shows its control characters instead of sending them."""
    return visible(value) if isinstance(value, str) else value
