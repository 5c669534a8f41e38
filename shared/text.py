"""Text that people type: trimmed, bounded, and free of control characters, which PostgreSQL and documents refuse."""

from typing import Annotated

from pydantic import StringConstraints

_VISIBLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_VISIBLE)]
"""One line: a name, a number, a title."""

Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_VISIBLE)]
"""A reason, an opinion, a description."""
