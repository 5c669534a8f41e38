"""Delivery, reference day and end of the evaluation year by the readings I17, I18, I20. Pure. 二（三）1, 三（三）"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.monitoring.rules.targets import published_parameter
from shared.dates import deadline
from shared.deadlines import Deadline
from shared.errors import Invalid

FIELDS: Final[dict[str, str]] = {
    "completion_acceptance": "delivered_on",
    "handover": "handed_over_on",
    "opening": "opened_on",
}
"""Field of the request that holds the day of delivery, by the reading of I18."""
_LABELS: Final[dict[str, str]] = {"handover": "移交日期", "opening": "开业日期"}


@dataclass(frozen=True, slots=True)
class DeliveryDays:
    """Days that the district states: completion acceptance 竣工验收（备案）, handover, opening."""

    accepted_on: date
    handed_over_on: date | None = None
    opened_on: date | None = None


def delivery_day(days: DeliveryDays, meaning: str) -> date:
    """Return the day that counts as delivery (I18). Raises Invalid where that day is not stated. 二（三）1"""
    if meaning == "completion_acceptance":
        return days.accepted_on
    day = days.handed_over_on if meaning == "handover" else days.opened_on
    if day is None:
        raise Invalid(f"按现行口径以{_LABELS[meaning]}为交付日，请填写", field=f"/body/{FIELDS[meaning]}")
    return day


def evaluation_year(delivered_on: date, clock: str, years: int = 1) -> Deadline:
    """Return the last day of the years after delivery, moved to a working day by the reading of I17. 三（三）"""
    return deadline(delivered_on, years=years, shift=clock == "civil_code")


def evaluation_years(as_of: date, district: str) -> int:
    """Return the years within which a project is evaluated; one where its edition's text is not available. 三（三）"""
    published = published_parameter("occupancy_deadline_years", as_of, district)
    return 1 if published is None else int(published)


def check_reference_day(on: date, delivered_on: date, last: date, moment: str, years: int = 1) -> None:
    """Raise Invalid for a reference day before delivery, after `last`, or against the reading of I20. 三（三）"""
    field = "/body/reference_on"
    if not delivered_on <= on <= last:
        raise Invalid(f"评价基准日须在交付日 {delivered_on} 至 {last} 之间", field=field)
    anniversary = evaluation_year(delivered_on, "no_shift", years).on
    if moment == "anniversary" and on != anniversary:
        raise Invalid(f"按现行口径，评价基准日须为满一年之日 {anniversary}", field=field)


def delivery_remark(
    quarter: str | None, progress: Decimal | None, done_yuan: Decimal, base_yuan: Decimal
) -> str | None:
    """Return what the newest quarterly report says against a delivery: works unfinished, or none reported. 二（三）1"""
    if quarter is None or progress is None:
        return "交付前没有季报，形象进度未知"
    if progress >= 1:
        return None
    share = f"，累计完成投资占核定投资 {done_yuan / base_yuan:.2%}" if base_yuan else ""
    return f"{quarter} 季报形象进度为 {progress:.2%}{share}，与竣工交付不一致，请核实"
