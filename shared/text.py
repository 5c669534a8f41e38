"""Pydantic types of typed text: trimmed, limited, without control characters, which PostgreSQL refuses."""

from typing import Annotated

from pydantic import StringConstraints

_VISIBLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_VISIBLE)]
"""One line of at most 200 characters: a name, a number, a title."""

Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_VISIBLE)]
"""A text of at most 4000 characters: a reason, an opinion, a description."""
