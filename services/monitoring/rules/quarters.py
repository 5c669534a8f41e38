"""Quarterly report of a project: its fields, its errors and its warnings (四（一）1, 四（一）2)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import PURPOSES, Purpose, RemarkSeverity
from shared.contracts.library import ComponentKind
from shared.money import Area, Money, Quantity, Ratio
from shared.policy import parameter
from shared.text import Paragraph

WORKS = ("structure", "green_retrofit", "digital_infrastructure", "fit_out", "area_infrastructure")
"""Works of 二 that an investment grant may pay for; an interest subsidy pays interest only."""
LARGEST_YUAN = Decimal(10) ** 15


class KindInvestment(BaseModel):
    """Cumulative fixed-asset investment in components of one kind, in yuan."""

    model_config = ConfigDict(extra="forbid")

    kind: ComponentKind = Field(title="组成类别")
    done_yuan: Money = Field(title="累计完成投资（元）")


class PurposeSpend(BaseModel):
    """Cumulative subsidy spent on one purpose, in yuan."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose = Field(title="用途")
    amount_yuan: Money = Field(title="累计使用金额（元）")


class ComponentLetting(BaseModel):
    """Letting of one component (I19); `index` is its position among the project's components, from 0."""

    model_config = ConfigDict(extra="forbid")

    index: int = Field(ge=0, le=199, title="组成序号")
    leasable_area_m2: Area = Field(title="可出租面积（平方米）")
    moved_in_area_m2: Area = Field(title="已入驻面积（平方米）")
    signed_area_m2: Area = Field(title="已签约面积（平方米）")


class EnergyUse(BaseModel):
    """Energy bought in a period, and PV output used on site, which `electricity_kwh` does not include."""

    model_config = ConfigDict(extra="forbid")

    electricity_kwh: Quantity = Field(Decimal(0), title="外购电力（千瓦时）")
    gas_m3: Quantity = Field(Decimal(0), title="天然气（立方米）")
    heat_gj: Quantity = Field(Decimal(0), title="外购热力（吉焦）")
    pv_used_kwh: Quantity = Field(Decimal(0), title="光伏自发自用（千瓦时）")


class QuarterReport(BaseModel):
    """One quarter of a project. Progress, investment and subsidy are cumulative; energy and tax cover the quarter."""

    model_config = ConfigDict(extra="forbid")

    progress: Ratio = Field(title="形象进度", description="0 至 1")
    investment: Annotated[list[KindInvestment], Field(max_length=3, title="累计完成投资")] = []
    subsidy_received_yuan: Money = Field(Decimal("0.00"), title="累计到账补助资金（元）")
    subsidy_used: Annotated[list[PurposeSpend], Field(max_length=7, title="补助资金使用")] = []
    occupancy: Annotated[list[ComponentLetting], Field(max_length=200, title="入驻情况")] = []
    energy: EnergyUse | None = Field(None, title="本季能耗")
    jobs: int | None = Field(None, ge=0, le=1_000_000, title="就业人数")
    district_tax_yuan: Money | None = Field(None, title="本季区级税收（元）")
    district_support_yuan: Money = Field(Decimal("0.00"), title="累计区级配套支持（元）")
    first_set_equipment_yuan: Money = Field(Decimal("0.00"), title="累计首台（套）产品采购额（元）")
    notes: Paragraph | None = Field(None, title="备注")

    @property
    def investment_done_yuan(self) -> Decimal:
        return sum((item.done_yuan for item in self.investment), Decimal(0))

    @property
    def subsidy_used_yuan(self) -> Decimal:
        return sum((item.amount_yuan for item in self.subsidy_used), Decimal(0))


@dataclass(frozen=True)
class Award:
    """Award that a report is checked against: mode, subsidy kept and investment base in yuan, component kinds."""

    mode: str
    kept_yuan: Decimal
    component_kinds: tuple[str, ...]
    base_yuan: Decimal


@dataclass(frozen=True)
class Remark:
    """An error, which stops submission, or a warning, which is stored with the report."""

    severity: RemarkSeverity
    pointer: str
    code: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_quarter(report: QuarterReport, award: Award, previous: QuarterReport | None, on: date) -> list[Remark]:
    """Return the errors and warnings of a report, errors first; `on` selects the parameters in force."""
    remarks = [
        *_money(report, award),
        *_purposes(report, award),
        *_progress(report, award, previous),
        *_investment(report, award, previous),
        *_lettings(report, award),
        *_proportions(report, award, on),
    ]
    return sorted(remarks, key=lambda remark: remark.severity)


def _error(pointer: str, code: str, detail: str) -> Remark:
    return Remark("error", pointer, code, detail)


def _warning(pointer: str, code: str, detail: str) -> Remark:
    return Remark("warning", pointer, code, detail)


def _money(report: QuarterReport, award: Award) -> Iterator[Remark]:
    used, received = report.subsidy_used_yuan, report.subsidy_received_yuan
    if used > award.kept_yuan:
        detail = f"累计使用 {used:.2f} 元，超过已拨付 {award.kept_yuan:.2f} 元"
        yield _error("/subsidy_used", "used_over_released", detail)
    if used > received:
        yield _error("/subsidy_used", "used_over_received", f"累计使用 {used:.2f} 元，超过到账 {received:.2f} 元")
    if received > award.kept_yuan:
        detail = f"到账 {received:.2f} 元，超过已拨付 {award.kept_yuan:.2f} 元"
        yield _error("/subsidy_received_yuan", "received_over_released", detail)
    elif received < award.kept_yuan:
        detail = f"到账 {received:.2f} 元，少于已拨付 {award.kept_yuan:.2f} 元，请说明"
        yield _warning("/subsidy_received_yuan", "received_below_released", detail)


def _purposes(report: QuarterReport, award: Award) -> Iterator[Remark]:
    """Yield remarks on purposes. Other spending is a warning, so that it gets reported. 四（一）1"""
    allowed = ("interest",) if award.mode == "interest_subsidy" else WORKS
    seen = set()
    for index, item in enumerate(report.subsidy_used):
        place = f"/subsidy_used/{index}/purpose"
        if item.purpose in seen:
            yield _error(place, "repeated", "同一用途只填一行，请合并金额")
        seen.add(item.purpose)
        if item.purpose not in allowed and item.amount_yuan > 0:
            yield _warning(place, "purpose_outside_award", f"“{PURPOSES[item.purpose]}”不在本项目资金用途之内")


def _progress(report: QuarterReport, award: Award, previous: QuarterReport | None) -> Iterator[Remark]:
    if previous is None:
        return
    if report.progress < previous.progress:
        yield _error("/progress", "progress_falls", f"形象进度不得低于上期 {previous.progress:.2%}")
    elif report.progress == previous.progress < 1:
        yield _warning("/progress", "no_progress", "形象进度较上期没有变化")
    # After a return or a clawback the cumulative amount may fall to the amount kept.
    if report.subsidy_used_yuan < min(previous.subsidy_used_yuan, award.kept_yuan):
        yield _error(
            "/subsidy_used", "subsidy_used_falls", f"累计使用补助资金不得少于上期 {previous.subsidy_used_yuan:.2f} 元"
        )


def _investment(report: QuarterReport, award: Award, previous: QuarterReport | None) -> Iterator[Remark]:
    before = {item.kind: item.done_yuan for item in previous.investment} if previous else {}
    now: dict[str, Decimal] = {}
    for index, item in enumerate(report.investment):
        place = f"/investment/{index}"
        if item.kind in now:
            yield _error(place, "repeated", "同一组成类别只填一行，请合并金额")
        if item.kind not in award.component_kinds:
            yield _error(
                place, "kind_not_in_project", f"项目组成中没有该类别，可填：{'、'.join(award.component_kinds)}"
            )
        now[item.kind] = item.done_yuan
    if sum(now.values()) >= LARGEST_YUAN:
        yield _error("/investment", "too_large", "累计完成投资合计过大，请核对单位是否为元")
    for kind, done in before.items():
        if now.get(kind, Decimal(0)) < done:
            yield _error("/investment", "investment_falls", f"累计完成投资不得少于上期（{done:.2f} 元）")


def _lettings(report: QuarterReport, award: Award) -> Iterator[Remark]:
    seen = set()
    for place, item in enumerate(report.occupancy):
        pointer = f"/occupancy/{place}"
        if item.index in seen:
            yield _error(pointer, "repeated", "同一组成只填一行，请合并")
        seen.add(item.index)
        if item.index >= len(award.component_kinds):
            yield _error(f"{pointer}/index", "no_such_component", f"组成序号须为 0 至 {len(award.component_kinds) - 1}")
        for name, label in (("moved_in_area_m2", "已入驻"), ("signed_area_m2", "已签约")):
            if getattr(item, name) > item.leasable_area_m2:
                yield _error(
                    f"{pointer}/{name}",
                    "occupancy_over_one",
                    f"{label}面积不得大于可出租面积 {item.leasable_area_m2} 平方米",
                )
        if item.moved_in_area_m2 > item.signed_area_m2:
            yield _warning(f"{pointer}/moved_in_area_m2", "moved_in_over_signed", "已入驻面积大于已签约面积")


def _proportions(report: QuarterReport, award: Award, on: date) -> Iterator[Remark]:
    done, tolerance = report.investment_done_yuan, parameter("quarter_progress_tolerance", on)
    if award.base_yuan and report.progress - done / award.base_yuan > tolerance:
        share = done / award.base_yuan
        yield _warning("/progress", "progress_ahead_of_investment", f"形象进度高于投资完成比例 {share:.2%}")
    if report.subsidy_used_yuan > done:
        yield _warning("/subsidy_used", "used_over_investment", "累计使用补助资金多于累计完成投资")
    public, limit = award.kept_yuan + report.district_support_yuan, parameter("public_money_warning_share", on)
    if award.base_yuan and public > award.base_yuan * limit:
        yield _warning("/district_support_yuan", "public_money_over_base", "各级财政资金合计超过固定资产投资")
