"""Detection of duplicate projects: same project code, or same entity at the same address (二（五）, I27)."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Final, Literal

_NOISE: Final = re.compile(r"[\s,，.。、;；:：\-－—_（）()\[\]【】《》“”\"'#·]+")
_PREFIX: Final = re.compile(r"^(中国)?(北京市|北京)?(市辖区)?")
_DIGITS: Final = str.maketrans("零〇一二三四五六七八九", "00123456789")

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

    def as_dict(self) -> dict[str, object]:
        """Return the match as JSON values."""
        return asdict(self)


def normalized_address(address: str | None) -> str | None:
    """Return the address without punctuation, spaces and the city's name, in half-width forms and Arabic digits.

    Returns None for an address with nothing left.
    """
    if not address:
        return None
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", address)).lower()
    return _PREFIX.sub("", plain).translate(_DIGITS) or None


def entity_place(uscc: str, address: str | None) -> str | None:
    """Return the search key of an entity at an address, or None without an address."""
    place = normalized_address(address)
    return f"{uscc}|{place}" if place else None


def build_match(source: Source, basis: Basis, reference: str) -> Match:
    """Return a match with its explanation. Other municipal money at one address only warns: the works may differ."""
    bars = source != "municipal_record" or basis != "entity_and_address"
    explanation = f"{BASIS_LABELS[basis]}：{SOURCE_LABELS[source]}（{reference}）"
    return Match(source, basis, reference, bars, explanation)


def match_basis(code: str | None, place: str | None, other_code: str | None, other_place: str | None) -> Basis:
    """Return the strongest basis on which two records match."""
    if code and code == other_code:
        return "project_code"
    return "entity_and_address" if place and place == other_place else "entity"
