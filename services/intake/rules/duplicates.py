"""Detection of duplicate projects: same project code, or same entity at the same address (二（五）, I27)."""

from dataclasses import asdict, dataclass
from typing import Final, Literal

from shared.normal_forms import normal_place

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


def entity_place(uscc: str, address: str | None, district: str) -> str | None:
    """Return the search key of an entity at an address, or None for an address that names no place."""
    place = normal_place(address, district)
    return f"{uscc}|{place}" if place else None


def renewed_place(place: str | None, district: str) -> str | None:
    """Return a stored search key in today's normal form; keys of earlier versions were normalised less."""
    uscc, _, address = (place or "").partition("|")
    return entity_place(uscc, address, district)


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
