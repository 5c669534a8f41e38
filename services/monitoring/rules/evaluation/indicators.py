"""Scores of the five evaluation indicators: industry, tax, occupancy, energy saving, use of funds (三（三）)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.monitoring.rules.code_lists import EvaluationGrade
from services.monitoring.rules.evaluation.actuals import Actuals, supported_share
from services.monitoring.rules.targets import published_parameter
from shared.policy import parameter

INDICATOR_LABELS = {
    "industry_import": "产业功能导入",
    "tax_contribution": "税收贡献",
    "occupancy": "企业入驻率",
    "energy_saving": "综合节能率",
    "fund_compliance": "资金使用规范性",
}
_ONE, _ZERO = Decimal(1), Decimal(0)
Scored = tuple[Decimal | None, str]


@dataclass(frozen=True)
class IndicatorInputs:
    """Input of the indicator scores; None is unknown and scores 0. Amounts in yuan."""

    actuals: Actuals
    key_tenant: bool | None
    occupancies: Sequence[tuple[str, Decimal | None]]
    saving_ratio: Decimal | None
    misused: bool
    kept_yuan: Decimal
    used_yuan: Decimal
    late_quarters: int


def score_indicators(inputs: IndicatorInputs, on: date, district: str) -> list[dict[str, Any]]:
    """Return each indicator's weight, earned share (None where undetermined), score and explanation."""
    weights = parameter("evaluation_weights", on)
    earned = {
        "industry_import": _industry(inputs, on),
        "tax_contribution": _tax(inputs, on, district),
        "occupancy": _occupancy(inputs, on, district),
        "energy_saving": _saving(inputs, on, district),
        "fund_compliance": _funds(inputs, on),
    }
    return [_indicator(key, weights[key], *earned[key]) for key in INDICATOR_LABELS]


def grade_of(score: Decimal, on: date) -> EvaluationGrade:
    """Return excellent, good, passed or failed by the bounds in force on a date."""
    bounds: dict[EvaluationGrade, Decimal] = parameter("evaluation_grades", on)
    return next(grade for grade, bound in sorted(bounds.items(), key=lambda item: -item[1]) if score >= bound)


def _indicator(key: str, weight: Decimal, share: Decimal | None, detail: str) -> dict[str, Any]:
    points = (weight * (share or _ZERO)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "head": key,
        "label": INDICATOR_LABELS[key],
        "weight": f"{weight:f}",
        "share": None if share is None else f"{share:.4f}",
        "score": f"{points:f}",
        "detail": detail,
    }


def _industry(inputs: IndicatorInputs, on: date) -> Scored:
    share = supported_share(inputs.actuals)
    if share is None or inputs.key_tenant is None:
        return None, "业态面积或重大项目、重点企业情况未提供"
    split, line = parameter("evaluation_industry_split", on), parameter("mapped_industry_area_share", on)
    value = split["industry_area"] * min(share / line, _ONE) + split["key_tenant"] * inputs.key_tenant
    tenant = "已引入" if inputs.key_tenant else "未引入"
    return value, f"支持业态入驻面积占 {share:.2%}（提示线 {line:.0%}）；区级以上重大项目或重点企业{tenant}"


def _tax(inputs: IndicatorInputs, on: date, district: str) -> Scored:
    tax, line = inputs.actuals.tax, published_parameter("low_tax_yuan_per_m2", on, district)
    if tax is None or line is None:
        return None, "税收情况未提供"
    before, after = tax.before_yuan / tax.area_m2, tax.after_yuan / tax.area_m2
    detail = f"单位面积区级税收由 {before:.2f} 元/平方米变为 {after:.2f} 元/平方米（低效界限 {line:.0f} 元/平方米）"
    return min(after / line, _ONE), detail


def _occupancy(inputs: IndicatorInputs, on: date, district: str) -> Scored:
    shares = []
    for kind, value in inputs.occupancies:
        target = published_parameter(f"{kind}_occupancy", on, district)
        if value is None or target is None:
            return None, "入驻情况未提供"
        shares.append(min(value / target, _ONE))
    if not shares:
        return None, "项目没有楼宇或厂房"
    detail = "；".join(f"{value:.2%}" for _, value in inputs.occupancies if value is not None)
    return sum(shares, _ZERO) / len(shares), f"各组成入驻率：{detail}"


def _saving(inputs: IndicatorInputs, on: date, district: str) -> Scored:
    target = published_parameter("energy_saving_ratio", on, district)
    if inputs.saving_ratio is None or target is None:
        return None, "能耗情况未提供"
    share = max(min(inputs.saving_ratio / target, _ONE), _ZERO)
    return share, f"综合节能率 {inputs.saving_ratio:.2%}（目标 {target:.0%}）"


def _funds(inputs: IndicatorInputs, on: date) -> Scored:
    if inputs.misused:
        return _ZERO, "补助资金存在挪用，本项不得分"
    less, funds = parameter("evaluation_fund_deductions", on), inputs.actuals.funds
    unspent = max(inputs.kept_yuan - inputs.used_yuan, _ZERO)
    taken = [
        ("账实不符", less["ledger_mismatch"] * (not funds.ledger_matches)),
        (f"审计问题 {funds.audit_findings} 个", less["audit_finding"] * funds.audit_findings),
        (f"季报逾期 {inputs.late_quarters} 次", less["late_quarter"] * inputs.late_quarters),
        (f"未使用 {unspent:.2f} 元", less["unspent"] * (unspent / inputs.kept_yuan if inputs.kept_yuan > 0 else 0)),
    ]
    detail = "；".join(f"{label}扣 {share:.0%}" for label, share in taken if share) or "未发现问题"
    return max(_ONE - sum((share for _, share in taken), _ZERO), _ZERO), detail
