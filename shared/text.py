"""Pydantic types of typed text: cleaned, limited in length, without characters that mislead or cannot be stored.

Cleaning (UAX #15, UTR #36): composed form (NFC), no invisible characters, no blanks at the ends; one line or plain line
feeds. What cannot be cleaned without changing the meaning is refused, and the refusal names the character. Limits count
the cleaned text. Text that was stored before these rules is read as it is: see `STORED`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, GetCoreSchemaHandler, StringConstraints, ValidationInfo
from pydantic_core import CoreSchema, core_schema

STORED: Final = {"stored": True}
"""Validation context for text that an earlier version accepted: a record or event must stay readable as it is."""

STORABLE: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_IGNORED: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u2800\u3164\ufeff\uffa0]"
)
"""Characters that show nothing: soft hyphen, joiners, zero-width and filler characters. Chinese text needs none."""
_HAN: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SELECTOR: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_STRAY_SELECTOR: Final = re.compile(f"(?<![{_HAN}])[{_SELECTOR}]|(?<=[{_SELECTOR}])[{_SELECTOR}]")
"""Variation selectors choose the glyph of a preceding ideograph, as some names of persons need; elsewhere they hide."""
_SUSPECT: Final = re.compile(f"{_IGNORED.pattern}|[{_SELECTOR}\ufffd]")
_BREAKS: Final = "\n\r\v\f\x85\u2028\u2029"
_ONE_LINE: Final = re.compile(f"[ ]*[\t{_BREAKS}][ \t{_BREAKS}]*")
_ANY_BREAK: Final = re.compile(f"\r\n|[{_BREAKS}]")
_ALLOWED: Final = frozenset("\t" + _BREAKS)
_DIRECTIONS: Final = {
    "\u061c": "阿拉伯字母方向标记",
    "\u200e": "从左向右标记",
    "\u200f": "从右向左标记",
    "\u202a": "从左向右嵌入",
    "\u202b": "从右向左嵌入",
    "\u202c": "方向格式结束",
    "\u202d": "从左向右覆盖",
    "\u202e": "从右向左覆盖",
    "\u2066": "从左向右隔离",
    "\u2067": "从右向左隔离",
    "\u2068": "首字方向隔离",
    "\u2069": "方向隔离结束",
}
_DELETE: Final = "请删去该字符后重新填写"
_REFUSED_KINDS: Final = {
    "Cc": ("控制字符", _DELETE),
    "Cf": ("不可见的格式字符", _DELETE),
    "Co": ("自造字（私用区），在其他计算机上显示不同", "请改用 Unicode 已编码的字；确无编码的，用同音字并注明"),
    "Cs": ("残缺的编码（代理码位）", "请用 UTF-8 编码重新填写"),
    "Cn": ("未定义的字符", _DELETE),
}


def _refusal(character: str) -> tuple[str, str] | None:
    """Return the Chinese name of a character that is refused, and the way out; None for one that is accepted.

    Ideographs newer than Python's Unicode tables are accepted in planes 2 and 3: names of persons use them.
    """
    if character in _ALLOWED or _IGNORED.match(character):
        return None
    if character == "\ufffd":
        return "编码转换失败留下的替代符", "请用 UTF-8 编码按原文重新填写"
    if character in _DIRECTIONS:
        return _DIRECTIONS[character], _DELETE
    code, kind = ord(character), unicodedata.category(character)
    if kind == "Cn" and 0x20000 <= code <= 0x3FFFF and code & 0xFFFE != 0xFFFE:
        return None
    return _REFUSED_KINDS.get(kind)


def check_characters(text: str) -> None:
    """Raise ValueError for the first character that is refused, with its code point, name, position and way out."""
    for position, character in enumerate(text, 1):
        if refused := _refusal(character):
            name, way_out = refused
            raise ValueError(f"第 {position} 个字符 U+{ord(character):04X}（{name}）不可使用；{way_out}")


def _cleaned(text: str) -> str:
    if not text.isprintable() or _SUSPECT.search(text):
        check_characters(text)
        text = _IGNORED.sub("", text)
        text = _STRAY_SELECTOR.sub("", text)
    return unicodedata.normalize("NFC", text)


def clean_line(text: str) -> str:
    """Return text as one line: breaks and tabs become one space. Raises ValueError for a refused character."""
    cleaned = _cleaned(text)
    return (cleaned if cleaned.isprintable() else _ONE_LINE.sub(" ", cleaned)).strip()


def clean_optional_line(text: str) -> str | None:
    """Return text as one line, None if nothing is left of it. Raises ValueError for a refused character."""
    return clean_line(text) or None


def clean_paragraph(text: str) -> str:
    """Return text whose breaks are line feeds; tabs stay. Raises ValueError for a refused character."""
    cleaned = _cleaned(text)
    return (cleaned if cleaned.isprintable() else _ANY_BREAK.sub("\n", cleaned)).strip()


def visible(text: str) -> str:
    """Return stored text for display on one line: refused characters as `[U+202E]`, breaks and tabs as a space."""
    if text.isprintable():
        return text
    shown = (f"[U+{ord(each):04X}]" if _refusal(each) else each for each in _IGNORED.sub("", text))
    return _ONE_LINE.sub(" ", "".join(shown))


@dataclass(frozen=True)
class Cleaned:
    """Annotation that cleans a string before its limits are checked; values read with `STORED` stay as they are."""

    clean: Callable[[str], str | None]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._value, handler(source))

    def _value(self, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str) or (info.context is not None and info.context.get("stored")):
            return value
        return self.clean(value)


@dataclass(frozen=True)
class AsStored:
    """Annotation of a model in an answer that is filled from a record: its text is taken as it is."""

    def __get_pydantic_core_schema__(self, model: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, check: Callable[[Any], Any]) -> Any:
            return model.model_validate(value, context=STORED) if isinstance(value, Mapping) else check(value)

        return core_schema.no_info_wrap_validator_function(read, handler(model))


Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_line)]
"""One line of at most 200 characters: a name, a number, a title."""

Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=STORABLE), Cleaned(clean_paragraph)]
"""A text of at most 4000 characters, line breaks included: a reason, an opinion, a description."""
