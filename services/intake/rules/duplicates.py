"""Detection of duplicate projects: same project code, or same entity at the same address (二（五）, I27)."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from shared.normal_forms import normal_identifier, normal_place

Basis = Literal["project_code", "entity_address_and_name", "entity_and_address", "entity"]
Source = Literal["declaration", "funded", "municipal_record"]
BASIS_LABELS: Final[dict[str, str]] = {
    "project_code": "项目代码相同",
    "entity_address_and_name": "项目单位、项目地址和项目名称相同",
    "entity_and_address": "项目单位和项目地址相同，是否同一工程待核",
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


def payment_key(row: Any) -> str:
    """Return what makes two entries of other municipal money one: programme, document, works, amount and day."""
    place = normal_place(row.address, row.district) or ""
    document = normal_identifier(row.document_no) if row.document_no else ""
    certificate = normal_identifier(row.title_certificate_no) if row.title_certificate_no else ""
    works = (row.entity_uscc, row.project_code or "", certificate, row.building_id or "", place)
    return "|".join((str(row.programme_id), document, *works, f"{row.amount_yuan:.2f}", row.funded_on.isoformat()))


def build_match(source: Source, basis: Basis, reference: str, *, of_another: bool) -> Match:
    """Return a match with its explanation. Only a certain one bars: a second phase at one address is lawful.

    Other municipal money never bars a filing: funding compares it and bars the support (二（五）).
    """
    bars = source != "municipal_record" and basis != "entity_and_address"
    explanation = f"{BASIS_LABELS[basis]}：{SOURCE_LABELS[source]}（{reference}）"
    return Match(source, basis, reference, bars, explanation, of_another)


@dataclass(frozen=True, slots=True)
class Identity:
    """Identification of a project by code, entity at a place, and name, each in normal form or unknown."""

    code: str | None
    place: str | None
    name: str | None = None


def match_basis(one: Identity, other: Identity) -> Basis:
    """Return the strongest basis on which two records match."""
    if one.code and one.code == other.code:
        return "project_code"
    if not one.place or one.place != other.place:
        return "entity"
    return "entity_address_and_name" if one.name and one.name == other.name else "entity_and_address"
