"""A district's own number beside the city's: whether it has effect, and why (四（一）2, 四（二）3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from shared.districts import DISTRICTS
from shared.policy.parameters import DatedValue, no_looser
from shared.policy.wording import format_value

Effect = Literal["stricter", "city_open", "confirmed", "awaiting_city", "not_confirmed", "withdrawn"]
EFFECTS: Final[Mapping[str, str]] = {
    "stricter": "不宽于市级，适用",
    "city_open": "市级未定数值，适用",
    "confirmed": "宽于市级，已经市级确认，适用",
    "awaiting_city": "宽于市级，待市级确认，不适用",
    "not_confirmed": "宽于市级，市级不予确认，不适用",
    "withdrawn": "已撤回，不适用",
}
APPLYING: Final = ("stricter", "city_open", "confirmed")
Decision = Literal["confirmed", "not_confirmed", "withdrawn"]


def effect_of(own: DatedValue, city: DatedValue | None, decided: Decision | None) -> Effect:
    """Return the effect of a district's number beside the city's of the same day, by the last decision on it.

    A number that is no looser needs no decision; a looser one counts from the city's confirmation on.
    """
    if decided == "withdrawn":
        return "withdrawn"
    if city is None or city.value is None:
        return "city_open"
    if no_looser(own.key, own.value, city.value):
        return "stricter"
    return decided or "awaiting_city"


def explained(own: DatedValue, city: DatedValue | None, effect: Effect) -> str:
    """Return the effect in one Chinese sentence with both numbers."""
    number = f"{DISTRICTS[own.district].name}标准 {format_value(own.value, own.unit)}（{own.source}）"
    if effect == "withdrawn":
        return f"{number}已撤回，不适用"
    if city is None or city.value is None:
        return f"市级未定数值，按{number}判定"
    bound = f"市级 {format_value(city.value, city.unit)}"
    if effect == "stricter":
        return f"{number}不宽于{bound}，按区级标准判定"
    if effect == "confirmed":
        return f"{number}宽于{bound}，已经市发展改革委确认，按区级标准判定"
    wanting = "市发展改革委不予确认" if effect == "not_confirmed" else "须经市发展改革委确认"
    return f"{number}宽于{bound}，{wanting}，不适用"
