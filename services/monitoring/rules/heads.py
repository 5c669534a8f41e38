"""The five heads of evaluation and their points: industry, tax, occupancy, saving, use of money (三（三）)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.monitoring.rules.actuals import Actuals, supported_share
from services.monitoring.rules.targets import published
from shared.policy import parameter

HEAD_LABELS = {
    "industry_import": "产业功能导入",
    "tax_contribution": "税收贡献",
    "occupancy": "企业入驻率",
    "energy_saving": "综合节能率",
    "fund_compliance": "资金使用规范性",
}
GRADE_LABELS = {"excellent": "优", "good": "良", "passed": "合格", "failed": "不合格"}
_ONE, _NOTHING = Decimal(1), Decimal(0)
Scored = tuple[Decimal | None, str]


@dataclass(frozen=True)
class Measures:
    """What the heads are scored by; None is unknown and earns nothing. Amounts are yuan."""

    actuals: Actuals
    key_tenant: bool | None
    occupancies: Sequence[tuple[str, Decimal | None]]
    saving_ratio: Decimal | None
    misused: bool
    kept_yuan: Decimal
    used_yuan: Decimal
    late_quarters: int


def heads(measures: Measures, on: date, district: str) -> list[dict[str, Any]]:
    """Each head: its weight, the share of it earned (None where undetermined), the points and how they came about."""
    weights = parameter("evaluation_weights", on)
    earned = {
        "industry_import": _industry(measures, on),
        "tax_contribution": _tax(measures, on, district),
        "occupancy": _occupancy(measures, on, district),
        "energy_saving": _saving(measures, on, district),
        "fund_compliance": _funds(measures, on),
    }
    return [_head(key, weights[key], *earned[key]) for key in HEAD_LABELS]


def grade_of(score: Decimal, on: date) -> str:
    """excellent, good, passed or failed by the bounds of the day."""
    bounds: dict[str, Decimal] = parameter("evaluation_grades", on)
    return next(grade for grade, bound in sorted(bounds.items(), key=lambda item: -item[1]) if score >= bound)


def _head(key: str, weight: Decimal, share: Decimal | None, detail: str) -> dict[str, Any]:
    points = (weight * (share or _NOTHING)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "head": key,
        "label": HEAD_LABELS[key],
        "weight": f"{weight:f}",
        "share": None if share is None else f"{share:.4f}",
        "score": f"{points:f}",
        "detail": detail,
    }


def _industry(measures: Measures, on: date) -> Scored:
    share = supported_share(measures.actuals)
    if share is None or measures.key_tenant is None:
        return None, "业态面积或重大项目、重点企业情况未提供"
    split, line = parameter("evaluation_industry_split", on), parameter("mapped_industry_area_share", on)
    value = split["industry_area"] * min(share / line, _ONE) + split["key_tenant"] * measures.key_tenant
    tenant = "已引入" if measures.key_tenant else "未引入"
    return value, f"支持业态入驻面积占 {share:.2%}（提示线 {line:.0%}）；区级以上重大项目或重点企业{tenant}"


def _tax(measures: Measures, on: date, district: str) -> Scored:
    tax, line = measures.actuals.tax, published("low_tax_yuan_per_m2", on, district)
    if tax is None or line is None:
        return None, "税收情况未提供"
    before, after = tax.before_yuan / tax.area_m2, tax.after_yuan / tax.area_m2
    told = f"单位面积区级税收由 {before:.2f} 元/平方米变为 {after:.2f} 元/平方米（低效界限 {line:.0f} 元/平方米）"
    return min(after / line, _ONE), told


def _occupancy(measures: Measures, on: date, district: str) -> Scored:
    shares = []
    for kind, value in measures.occupancies:
        target = published(f"{kind}_occupancy", on, district)
        if value is None or target is None:
            return None, "入驻情况未提供"
        shares.append(min(value / target, _ONE))
    if not shares:
        return None, "项目没有楼宇或厂房"
    told = "；".join(f"{value:.2%}" for _, value in measures.occupancies if value is not None)
    return sum(shares, _NOTHING) / len(shares), f"各组成入驻率：{told}"


def _saving(measures: Measures, on: date, district: str) -> Scored:
    target = published("energy_saving_ratio", on, district)
    if measures.saving_ratio is None or target is None:
        return None, "能耗情况未提供"
    share = max(min(measures.saving_ratio / target, _ONE), _NOTHING)
    return share, f"综合节能率 {measures.saving_ratio:.2%}（目标 {target:.0%}）"


def _funds(measures: Measures, on: date) -> Scored:
    if measures.misused:
        return _NOTHING, "补助资金存在挪用，本项不得分"
    less, funds = parameter("evaluation_fund_deductions", on), measures.actuals.funds
    unspent = max(measures.kept_yuan - measures.used_yuan, _NOTHING)
    taken = [
        ("账实不符", less["ledger_mismatch"] * (not funds.ledger_matches)),
        (f"审计问题 {funds.audit_findings} 个", less["audit_finding"] * funds.audit_findings),
        (f"季报逾期 {measures.late_quarters} 次", less["late_quarter"] * measures.late_quarters),
        (f"未使用 {unspent:.2f} 元", less["unspent"] * (unspent / measures.kept_yuan if measures.kept_yuan > 0 else 0)),
    ]
    told = "；".join(f"{label}扣 {share:.0%}" for label, share in taken if share) or "未发现问题"
    return max(_ONE - sum((share for _, share in taken), _NOTHING), _NOTHING), told
