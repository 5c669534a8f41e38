"""Detection of duplicate projects: same project code, or same entity at the same address (二（五）, I27)."""

import re
from dataclasses import asdict, dataclass
from typing import Final, Literal

from shared.text import normal_form

_PUNCTUATION: Final = r"[\s,，.。、;；:：\-_（）()《》“”\"'#·]+"
_BETWEEN_NUMBERS: Final = re.compile(rf"(?<=\d){_PUNCTUATION}(?=\d)")
_NOISE: Final = re.compile(_PUNCTUATION)
_PREFIX: Final = re.compile(r"^(中国)?(北京市|北京)?(市辖区)?")
_NUMERALS: Final = re.compile("[零〇一二三四五六七八九十百千]+")
_DIGITS: Final = str.maketrans("零〇一二三四五六七八九", "00123456789")
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_LEADING_ZEROS: Final = re.compile(r"(?<!\d)0+(?=\d)")

Basis = Literal["project_code", "entity_and_address", "entity"]
Source = Literal["declaration", "funded", "municipal_record"]
BASIS_LABELS: Final[dict[str, str]] = {
    "project_code": "项目代码相同",
    "entity_and_address": "项目单位和项目地址相同",
    "entity": "项目单位相同",
}
SOURCE_LABELS: Final[dict[str, str]] = {
    "declaration": "已有在办申报",
    "funded": "已获本方案资金支持",
    "municipal_record": "已获其他市级财政性资金",
}


@dataclass(frozen=True)
class Match:
    """Record that matches the project, with the basis of the match. A match that `bars` refuses a submission."""

    source: Source
    basis: Basis
    reference: str
    bars: bool
    explanation: str
    of_another: bool = False
    """True for the record of another entity, of which an applicant is told no more than that there is one."""

    def as_dict(self) -> dict[str, object]:
        """Return the match as JSON values, for those who may read whose record it is."""
        return {name: value for name, value in asdict(self).items() if name != "of_another"}


def normalized_address(address: str | None) -> str | None:
    """Return the form in which spellings of one address are equal: numbers in Arabic digits, no punctuation, no city.

    Punctuation between two numbers keeps them apart: 1-2号 is not 12号. Returns None for an address with nothing left.
    """
    if not address:
        return None
    numbered = _NUMERALS.sub(lambda found: _arabic(found[0]), normal_form(_NOISE.sub("-", address)))
    apart = _LEADING_ZEROS.sub("", _BETWEEN_NUMBERS.sub("~", numbered))
    return _PREFIX.sub("", _NOISE.sub("", apart)) or None


def _arabic(numeral: str) -> str:
    """Return a Chinese numeral in Arabic digits: 十二 is 12, 一百零三 is 103, 一〇三 is 103."""
    if not any(unit in numeral for unit in _UNITS):
        return numeral.translate(_DIGITS)
    total, digit = 0, 0
    for character in numeral:
        if character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = int(character.translate(_DIGITS))
    return str(total + digit)


def entity_place(uscc: str, address: str | None) -> str | None:
    """Return the search key of an entity at an address, or None without an address."""
    place = normalized_address(address)
    return f"{uscc}|{place}" if place else None


def renewed_place(place: str | None) -> str | None:
    """Return a stored search key in today's normal form; keys of earlier versions were normalised less."""
    uscc, _, address = (place or "").partition("|")
    return entity_place(uscc, address)


def build_match(source: Source, basis: Basis, reference: str, *, of_another: bool) -> Match:
    """Return a match with its explanation. Other municipal money at one address only warns: the works may differ."""
    bars = source != "municipal_record" or basis != "entity_and_address"
    explanation = f"{BASIS_LABELS[basis]}：{SOURCE_LABELS[source]}（{reference}）"
    return Match(source, basis, reference, bars, explanation, of_another)


def match_basis(code: str | None, place: str | None, other_code: str | None, other_place: str | None) -> Basis:
    """Return the strongest basis on which two records match."""
    if code and code == other_code:
        return "project_code"
    return "entity_and_address" if place and place == other_place else "entity"
