"""The investment grant: ten or thirty per cent of fixed-asset investment, under one cap. 二（四）1

The notice leaves open how rates and cap apply to several components, and whether infrastructure counts outside an area
package: readings I1 (cap_scope), I2 (package_rate) and I3 (standalone_infrastructure).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from shared.policy.decision import Award
from shared.policy.explain import Trace
from shared.policy.facts import as_number
from shared.policy.parameters import DatedValue, readings
from shared.policy.ruleset import COMPONENT_KINDS, Amount, Counted, Ruleset
from shared.policy.wording import derivation, format_source, format_value

FEN: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Grant:
    """Grant in yuan before and after the cap, None if undecided, with its Chinese derivation.

    `excluded` is the investment that earns nothing, None where all of it counts.
    """

    uncapped: Decimal | None
    award: Decimal | None
    lines: tuple[str, ...]
    excluded: Decimal | None = None

    def as_award(self, amount: Amount) -> Award:
        uncapped, award, excluded = (
            None if yuan is None else str(yuan) for yuan in (self.uncapped, self.award, self.excluded)
        )
        return Award(amount.clause, amount.label, uncapped, award, self.lines, excluded)


@dataclass(frozen=True, slots=True)
class _Share:
    """The part of one component: `counts` is None while the project type is unknown."""

    kind: str
    trace: Trace
    counts: bool | None

    @property
    def investment(self) -> Decimal | None:
        found: Decimal | None = self.trace[2][0][0]
        return found

    @property
    def yuan(self) -> Decimal | None:
        """The part before the cap; None if unknown."""
        if self.counts is False or self.investment == 0:
            return Decimal(0)
        return None if self.trace[0] is None or self.counts is None else Decimal(str(self.trace[0]))


def grant(components: Sequence[Mapping[str, Any]], ruleset: Ruleset, *, project_type: str | None) -> Grant:
    """Return the grant for components of {kind, fixed_investment_yuan}, in yuan. 二（四）1, 二（一）3

    The calculation is exact and rounds once, half up to the fen. An unknown investment, parameter or project type gives
    an unknown grant. Raises UnreadableFact for an amount that is not a number.
    """
    amount = ruleset.amounts.get("investment_grant")
    if amount is None or not components:
        return Grant(None, None, ())
    counting = {kind: ruleset.bind(counted.when) for kind, counted in amount.counts.items()}
    inputs = {"project_type": project_type}
    counts = {kind: _truth(judge(inputs)[0]) for kind, judge in counting.items()}
    judges = {kind: ruleset.bind(node) for kind, node in amount.parts.items()}
    shares = []
    for component, kind in zip(components, _rated_kinds(components, counts, ruleset), strict=True):
        trace = judges[kind]({f"{kind}_fixed_investment_yuan": _investment(component)})
        shares.append(_Share(component["kind"], trace, counts.get(component["kind"], True)))
    return _capped(shares, amount, ruleset)


def _truth(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _investment(component: Mapping[str, Any]) -> Decimal | None:
    return as_number(component.get("fixed_investment_yuan"), "fixed_investment_yuan")


def _rated_kinds(
    components: Sequence[Mapping[str, Any]], counts: Mapping[str, bool | None], ruleset: Ruleset
) -> list[str]:
    """Return the kind whose rate applies to each component: its own, or the kind with the largest investment (I2)."""
    kinds = [str(component["kind"]) for component in components]
    if ruleset.interpretations["package_rate"] == "by_component":
        return kinds
    totals = dict.fromkeys(COMPONENT_KINDS, Decimal(0))
    for component in components:
        if counts.get(component["kind"], True) is not False:
            totals[component["kind"]] += _investment(component) or 0
    return [max(totals, key=lambda kind: totals[kind])] * len(kinds)


def _capped(shares: Sequence[_Share], amount: Amount, ruleset: Ruleset) -> Grant:
    limit = ruleset.parameters[ruleset.bind(amount.cap)({})[1].name]  # type: ignore[union-attr]
    lines = [_line(share, amount.counts.get(share.kind), ruleset) for share in shares]
    excluded = _excluded(shares)
    if limit.value is None:
        return Grant(None, None, tuple(lines), excluded)
    parts = [share.yuan for share in shares]
    known = [yuan for yuan in parts if yuan is not None]
    if len(known) < len(parts):
        return Grant(None, None, tuple(lines), excluded)
    groups = _groups(shares, known, ruleset.interpretations["cap_scope"])
    uncapped = sum(known, Decimal(0)).quantize(FEN, ROUND_HALF_UP)
    award = sum((min(group, limit.value) for group in groups), Decimal(0)).quantize(FEN, ROUND_HALF_UP)
    return Grant(uncapped, award, (*lines, _summary(uncapped, award, limit)), excluded)


def _groups(shares: Sequence[_Share], parts: Sequence[Decimal], scope: str) -> list[Decimal]:
    """Return the sums to which the cap applies: one per project, per category or per component (I1)."""
    sums: dict[str, Decimal] = {}
    for place, (share, yuan) in enumerate(zip(shares, parts, strict=True)):
        category = "building" if share.kind == "building" else "factory_and_infrastructure"
        group = {"project": "", "category": category}.get(scope, str(place))
        sums[group] = sums.get(group, Decimal(0)) + yuan
    return list(sums.values())


def _excluded(shares: Sequence[_Share]) -> Decimal | None:
    """Return the known investment that does not count, None if there is none."""
    left_out = [share.investment for share in shares if share.counts is False and share.investment]
    return sum(left_out, Decimal(0)) if left_out else None


def _line(share: _Share, counted: Counted | None, ruleset: Ruleset) -> str:
    if share.counts is not False or counted is None:
        return derivation(share.trace, ruleset)
    item = ruleset.inputs[f"{share.kind}_fixed_investment_yuan"]
    reading = readings()[counted.reading]
    chosen = reading.options[ruleset.interpretations[counted.reading]]
    return (
        f"{item.label} {format_value(share.investment, item.unit)}：{counted.otherwise}〔口径{reading.id}：{chosen}〕"
    )


def _summary(uncapped: Decimal, award: Decimal, limit: DatedValue) -> str:
    return (
        f"合计 {format_value(uncapped, '元')}，"
        f"{limit.label} {format_value(limit.value, limit.unit)}{format_source(limit)}，安排 {format_value(award, '元')}"
    )
