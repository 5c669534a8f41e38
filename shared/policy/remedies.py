"""Remedies against a refusal, in the words that the city office has entered; nothing is worded here.

The paragraphs are dated figures (shared.series) that two people enter and confirm, and that count from a later day on.
The text of a past day therefore never changes, and a refusal keeps the text of its day.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

from shared.dates import beijing_day
from shared.policy.parameters import history

Authority = Literal["city", "district"]
KEYS: Final[dict[Authority, str]] = {"city": "city_remedy", "district": "district_remedy"}
AUTHORITIES: Final[dict[str, str]] = {"city": "市发展改革委", "district": "区发展改革委"}


class Remedy(BaseModel):
    """Remedies against a refusal, or the statement that the office has entered none."""

    authority: Authority = Field(title="作出决定的机关", description="city 市发展改革委；district 区发展改革委")
    authority_label: str = Field(title="作出决定的机关名称")
    stated: bool = Field(title="是否已登记", description="false 时没有已确认的救济途径文字")
    paragraphs: list[str] = Field(title="救济途径", description="市发展改革委登记、确认的文字，逐段；未登记为空")
    valid_from: date | None = Field(title="施行日期", description="所列文字的施行日期；未登记为空")
    told: str = Field(title="说明", description="未登记时说明由谁登记；已登记时为全文")


def remedy(authority: Authority, on: date) -> Remedy:
    """Return the remedies that counted on the day of a refusal."""
    known = [dated for dated in history()[KEYS[authority]] if dated.valid_from <= on and dated.value is not None]
    paragraphs = list(known[-1].value) if known else []
    return Remedy(
        authority=authority,
        authority_label=AUTHORITIES[authority],
        stated=bool(paragraphs),
        paragraphs=paragraphs,
        valid_from=known[-1].valid_from if known else None,
        told="\n".join(paragraphs) or _absent(authority),
    )


def remedy_at(authority: Authority, decided_at: datetime | None) -> Remedy | None:
    """Return the remedies of a refusal decided at an instant, by its day in Beijing; None before the decision."""
    return None if decided_at is None else remedy(authority, beijing_day(decided_at))


def _absent(authority: Authority) -> str:
    label = history()[KEYS[authority]][0].label
    return f"尚未登记“{label}”。请由市发展改革委登记（kind=parameter，key={KEYS[authority]}），另一人确认后施行。"
