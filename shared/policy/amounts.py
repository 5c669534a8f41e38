"""The investment grant: ten or thirty per cent of fixed-asset investment, under one cap. 二（四）1

The notice leaves open how rates and cap apply to several components: readings I1 (cap_scope) and I2 (package_rate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from shared.policy.decision import Award
from shared.policy.explain import Trace
from shared.policy.facts import as_number
from shared.policy.parameters import DatedValue
from shared.policy.ruleset import COMPONENT_KINDS, Amount, Ruleset
from shared.policy.wording import derivation, format_source, format_value

FEN: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Grant:
    """Grant in yuan before and after the cap, None if an input is unknown, with its Chinese derivation."""

    uncapped: Decimal | None
    award: Decimal | None
    lines: tuple[str, ...]

    def as_award(self, amount: Amount) -> Award:
        uncapped, award = (None if yuan is None else str(yuan) for yuan in (self.uncapped, self.award))
        return Award(amount.clause, amount.label, uncapped, award, self.lines)


def grant(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> Grant:
    """Return the grant for components of {kind, fixed_investment_yuan}, in yuan. 二（四）1

    The calculation is exact and rounds once, half up to the fen. An unknown investment or parameter gives an unknown
    grant. Raises UnreadableFact for an amount that is not a number.
    """
    amount = ruleset.amounts.get("investment_grant")
    if amount is None or not components:
        return Grant(None, None, ())
    judges = {kind: ruleset.bind(node) for kind, node in amount.parts.items()}
    rated = _rated_kinds(components, ruleset)
    traces: list[tuple[str, Trace]] = []
    for component, kind in zip(components, rated, strict=True):
        investment = as_number(component.get("fixed_investment_yuan"), "fixed_investment_yuan")
        traces.append((component["kind"], judges[kind]({f"{kind}_fixed_investment_yuan": investment})))
    cap = ruleset.bind(amount.cap)({})
    return _capped(traces, cap, ruleset)


def _rated_kinds(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> list[str]:
    """Return the kind whose rate applies to each component: its own, or the kind with the largest investment (I2)."""
    kinds = [str(component["kind"]) for component in components]
    if ruleset.interpretations["package_rate"] == "by_component":
        return kinds
    totals = dict.fromkeys(COMPONENT_KINDS, Decimal(0))
    for component in components:
        totals[component["kind"]] += as_number(component.get("fixed_investment_yuan"), "fixed_investment_yuan") or 0
    return [max(totals, key=lambda kind: totals[kind])] * len(kinds)


def _capped(traces: Sequence[tuple[str, Trace]], cap: Trace, ruleset: Ruleset) -> Grant:
    limit = ruleset.parameters[cap[1].name]  # type: ignore[union-attr]
    lines = [derivation(trace, ruleset) for _, trace in traces]
    known = [Decimal(str(trace[0])) for _, trace in traces if trace[0] is not None]
    if len(known) < len(traces) or limit.value is None:
        return Grant(None, None, tuple(lines))
    uncapped = sum(known, Decimal(0)).quantize(FEN, ROUND_HALF_UP)
    groups = _groups(traces, ruleset.interpretations["cap_scope"])
    award = sum((min(group, limit.value) for group in groups), Decimal(0)).quantize(FEN, ROUND_HALF_UP)
    return Grant(uncapped, award, (*lines, _summary(uncapped, award, limit)))


def _groups(traces: Sequence[tuple[str, Trace]], scope: str) -> list[Decimal]:
    """Return the sums to which the cap applies: one per project, per category or per component (I1)."""
    sums: dict[str, Decimal] = {}
    for place, (kind, trace) in enumerate(traces):
        category = "building" if kind == "building" else "factory_and_infrastructure"
        group = {"project": "", "category": category}.get(scope, str(place))
        sums[group] = sums.get(group, Decimal(0)) + Decimal(str(trace[0]))
    return list(sums.values())


def _summary(uncapped: Decimal, award: Decimal, limit: DatedValue) -> str:
    return (
        f"合计 {format_value(uncapped, '元')}，"
        f"{limit.label} {format_value(limit.value, limit.unit)}{format_source(limit)}，安排 {format_value(award, '元')}"
    )
