"""The investment grant: ten or thirty per cent of fixed-asset investment, under one cap. 二（四）1

How parts meet rates and cap is left open by the notice: interpretations I1 (cap_scope) and I2 (package_rate).
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
from shared.policy.wording import derivation, reference, shown

FEN: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Grant:
    """Yuan before and after the cap, None where an investment or a rate is unknown; `lines` derive it in Chinese."""

    uncapped: Decimal | None
    award: Decimal | None
    lines: tuple[str, ...]

    def as_award(self, amount: Amount) -> Award:
        uncapped, award = (None if yuan is None else str(yuan) for yuan in (self.uncapped, self.award))
        return Award(amount.clause, amount.label, uncapped, award, self.lines)


def grant(components: Sequence[Mapping[str, Any]], ruleset: Ruleset) -> Grant:
    """The grant for components of {kind, fixed_investment_yuan}: exact until one rounding half up to the fen. 二（四）1

    Raises UnreadableFact for an amount that is not a number. Unknown investments or numbers give an unknown grant.
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
    """Whose rate each component takes: its own, or the one of the kind with the largest investment (I2)."""
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
    """The sums that each meet the cap: the whole project, buildings and the rest, or every component (I1)."""
    sums: dict[str, Decimal] = {}
    for place, (kind, trace) in enumerate(traces):
        category = "building" if kind == "building" else "factory_and_infrastructure"
        group = {"project": "", "category": category}.get(scope, str(place))
        sums[group] = sums.get(group, Decimal(0)) + Decimal(str(trace[0]))
    return list(sums.values())


def _summary(uncapped: Decimal, award: Decimal, limit: DatedValue) -> str:
    return (
        f"合计 {shown(uncapped, '元')}，{limit.label} {shown(limit.value, limit.unit)}{reference(limit)}，"
        f"安排 {shown(award, '元')}"
    )
