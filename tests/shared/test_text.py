"""Typed text: cleaned, limited in length, without characters that mislead or cannot be stored."""

import sys
import unicodedata
from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.text import STORED, AsStored, Line, Paragraph, clean_line, clean_optional_line

TYPES = {"line": (TypeAdapter(Line), 200), "paragraph": (TypeAdapter(Paragraph), 4000)}
LINE, PARAGRAPH = TYPES["line"][0], TYPES["paragraph"][0]
BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"]
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r\v\f\x85"]
DIRECTIONS = ["\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
OTHERS = {
    "\ue000": "私用区",
    "\uf8ff": "私用区",
    "\U000f0000": "私用区",
    "\ufdd0": "未定义",
    "\ufffe": "未定义",
    "\U0002fffe": "未定义",
    "\U0003ffff": "未定义",
    "\u0378": "未定义",
    "\ufff9": "格式字符",
    "\U000e0041": "格式字符",
    "\ufffd": "按原文",
}
INVISIBLE = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200c\u200d\u2060\u2064\u2800\u3164\ufeff\uffa0"


def refusal(text: str, kind: str = "line") -> str:
    with pytest.raises(ValidationError) as caught:
        TYPES[kind][0].validate_python(text)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("kind", TYPES)
def test_text_is_trimmed_and_limited_after_cleaning(kind: str) -> None:
    text, longest = TYPES[kind]
    assert text.validate_python("\u3000 项目\xa0\n\u200b") == "项目"
    assert text.validate_python(" " + "长\u200b" * longest + "\ufeff ") == "长" * longest
    assert text.validate_python("e\u0301" * longest) == "é" * longest
    assert text.validate_python("一") == "一"
    for wrong in ("", "   ", "\u3000\xa0\n", "\u200b\u200b", "\u3164", "长" * (longest + 1)):
        with pytest.raises(ValidationError, match="string_too"):
            text.validate_python(wrong)
    with pytest.raises(ValidationError, match="string_type"):
        text.validate_python(3)


@pytest.mark.parametrize("character", INVISIBLE)
def test_invisible_characters_are_taken_out(character: str) -> None:
    assert LINE.validate_python(f"旧百货{character}楼{character}") == "旧百货楼"


@pytest.mark.parametrize("mark", BREAKS)
def test_a_break_is_a_space_in_a_line_and_a_line_feed_in_a_paragraph(mark: str) -> None:
    assert LINE.validate_python(f"旧百货楼{mark}（原二商店）") == "旧百货楼 （原二商店）"
    assert LINE.validate_python(f"甲 {mark}\t{mark} 乙") == "甲 乙"
    assert PARAGRAPH.validate_python(f"甲{mark}\t乙{mark}{mark}丙") == "甲\n\t乙\n\n丙"


def test_a_tab_is_a_space_in_a_line_and_other_spaces_stay() -> None:
    assert LINE.validate_python("甲\t\t乙") == "甲 乙"
    assert LINE.validate_python("甲  乙\u3000丙") == "甲  乙\u3000丙"


@pytest.mark.parametrize("kind", TYPES)
def test_a_refusal_names_the_character_its_position_and_the_way_out(kind: str) -> None:
    said = refusal("百货\u202e楼", kind)
    assert said == "Value error, 第 3 个字符 U+202E（从右向左覆盖）不可使用；请删去该字符后重新填写"
    for character in (*CONTROLS, *DIRECTIONS):
        said = refusal(f"甲{character}乙", kind)
        assert f"第 2 个字符 U+{ord(character):04X}（" in said, ascii(character)
        assert "请删去该字符" in said, ascii(character)
    for character, way_out in OTHERS.items():
        assert way_out in refusal(f"甲{character}", kind), ascii(character)
    for half in map(chr, (0xD800, 0xDFFF)):
        assert "请用 UTF-8 编码" in refusal(f"甲{half}", kind)


def test_every_character_is_kept_cleaned_or_refused() -> None:
    """Only letters, marks, numbers, punctuation, symbols and spaces remain."""
    for code in range(sys.maxunicode + 1):
        try:
            cleaned = clean_line(f"甲{chr(code)}乙")
        except ValueError:
            continue
        kinds = {unicodedata.category(character)[0] for character in cleaned}
        assert kinds <= set("LMNPSZ") or 0x20000 <= code <= 0x3FFFF, hex(code)


def test_names_of_persons_keep_their_characters() -> None:
    for name in ("葛\U000e0100城", "辻\ufe00", "㐂\U000323b0", "\U00020000\U0002ebf0", "阿·买买提"):
        assert LINE.validate_python(name) == name
    assert LINE.validate_python("A\ufe0f1\U000e0100葛\ufe00\ufe01") == "A1葛\ufe00"
    assert LINE.validate_python("神\ufa19") == "神神"


def test_an_optional_line_without_content_is_missing() -> None:
    assert clean_optional_line("\u200b ") is None
    assert clean_optional_line(" 甲\n") == "甲"


class Note(BaseModel):
    text: Line


def test_text_on_record_is_read_as_it_is() -> None:
    stored = {"text": "甲\u202e\n乙\u200b"}
    assert Note.model_validate(stored, context=STORED).text == stored["text"]
    assert Note.model_validate_json('{"text": "甲\\u202e"}', context=STORED).text == "甲\u202e"

    class Answer(BaseModel):
        note: Annotated[Note, AsStored()]

    assert Answer.model_validate({"note": stored}).note.text == stored["text"]
    assert Answer(note=Note(text=" 甲 ")).note.text == "甲"
    with pytest.raises(ValidationError):
        Note.model_validate(stored)
