"""Typed text: trimmed, limited in length, without control characters."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.text import Line, Paragraph

TYPES = {"line": (TypeAdapter(Line), 200), "paragraph": (TypeAdapter(Paragraph), 4000)}
REFUSED = [chr(code) for code in (*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)]


@pytest.mark.parametrize("kind", TYPES)
def test_text_is_trimmed_and_limited(kind: str) -> None:
    text, longest = TYPES[kind]
    assert text.validate_python("  项目 \n") == "项目"
    assert text.validate_python(f" {'长' * longest} ") == "长" * longest
    assert text.validate_python("一") == "一"
    for wrong in ("", "   ", "长" * (longest + 1)):
        with pytest.raises(ValidationError):
            text.validate_python(wrong)


@pytest.mark.parametrize("kind", TYPES)
def test_control_characters_are_refused_but_not_tab_and_line_breaks(kind: str) -> None:
    text, _ = TYPES[kind]
    for character in REFUSED:
        with pytest.raises(ValidationError, match="pattern"):
            text.validate_python(f"甲{character}乙")
    for character in ("\t", "\n", "\r", " ", "~", "\x80", "B", "C", "E", "F", "x"):
        assert text.validate_python(f"甲{character}乙") == f"甲{character}乙"
