"""Simulation of a library under current and patched rules, with the budget as an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any, Final

import polars as pl

from shared.policy.errors import NotForTables
from shared.policy.language import And, Arithmetic, Choose, Compare, Constant, Extreme, Node
from shared.policy.ruleset import COMPONENT_KINDS, Amount, Ruleset, touched
from shared.policy.table import PROJECT, eligible, expression, outcomes, projects, sanitized

WORDS: Final = {True: "eligible", False: "ineligible", None: "undetermined"}
HALF_UP_NUDGE: Final = 0.001
"""Fen. Amounts differ by at least 0.01 fen with rates of two decimals, so this corrects float noise only."""


@dataclass(frozen=True)
class Simulation:
    """Result of a simulation. `rows` hold eligible and award_fen per project and, with a patch, the same `_after`.

    `before` and `after` each hold counts, budget_yuan (certain, possible), unpriced and blocking rules; `cross` counts
    projects and yuan by decision before and after.
    """

    ruleset: str
    hypothetical: str | None
    touched: tuple[str, ...]
    rows: pl.DataFrame
    before: Mapping[str, Any]
    after: Mapping[str, Any] | None
    cross: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything except the rows as JSON."""
        return {
            "ruleset": self.ruleset,
            "hypothetical": self.hypothetical,
            "touched": list(self.touched),
            "before": dict(self.before),
            "after": None if self.after is None else dict(self.after),
            "cross": [dict(cell) for cell in self.cross],
        }


def simulate(frame: pl.DataFrame, ruleset: Ruleset, patch: Mapping[str, Any] | None = None) -> Simulation:
    """Evaluate every project of a frame and, with a patch, evaluate it again under the patched rules.

    A patch replaces parameter values, readings or rule texts by key. The certain budget is the sum over eligible
    projects; the possible budget adds the undetermined ones. Raises MalformedRule, NotForTables.
    """
    inputs = sanitized(frame, ruleset)
    rules = [rule.id for rule in ruleset.phase("declare")]
    found = outcomes(inputs, ruleset, rules)
    rows = _judged(inputs, ruleset, found)
    before = _summary(rows, found, ruleset)
    if not patch:
        return Simulation(ruleset.hash, None, (), rows, before, None, ())
    hypothetical = ruleset.patched(patch)
    changed = touched(hypothetical, set(patch))
    again = [rule for rule in rules if rule in changed]
    refound = found.with_columns(outcomes(inputs, hypothetical, again)) if again else found
    rerows = _judged(inputs, hypothetical, refound)
    both = rows.hstack(rerows.rename({name: f"{name}_after" for name in rerows.columns}))
    after = _summary(rerows, refound, hypothetical)
    return Simulation(ruleset.hash, hypothetical.hash, changed, both, before, after, _cross(both))


def award_trees(ruleset: Ruleset, amount: Amount) -> tuple[Node, Node]:
    """Return the trees of the amount before and after the cap, by the chosen readings of I1 and I2. 二（四）1

    Raises NotForTables for a cap per component, which a project's totals cannot give.
    """
    scope = ruleset.interpretations["cap_scope"]
    if scope == "component":
        raise NotForTables("按单体分别设上限须逐项计算，不能按汇总数批量测算")
    if ruleset.interpretations["package_rate"] == "dominant":
        whole = _dominant(amount)
        groups: list[Node] = [whole]
        if scope == "category":
            raise NotForTables("按主要类型确定比例且分类设上限时须逐项计算")
    else:
        building, factory, infrastructure = (_counted(amount, kind) for kind in COMPONENT_KINDS)
        groups = [building, Arithmetic("+", factory, infrastructure)]
        whole = _sum(groups)
    capped = [Extreme("min", group, amount.cap) for group in (groups if scope == "category" else [whole])]
    return whole, _sum(capped)


def fen(yuan: pl.Expr) -> pl.Expr:
    """Convert yuan to integer fen, rounded half up."""
    return (yuan * 100 + (0.5 + HALF_UP_NUDGE)).floor().cast(pl.Int64)


def _judged(inputs: pl.DataFrame, ruleset: Ruleset, found: pl.DataFrame) -> pl.DataFrame:
    whole = projects(inputs)
    answer = eligible(inputs, ruleset, found)
    rows = whole.select(**({PROJECT: pl.col(PROJECT)} if PROJECT in whole.columns else {}), eligible=answer)
    amount = ruleset.amounts.get("investment_grant")
    if amount is None:
        return rows.with_columns(award_fen=pl.lit(None, pl.Int64))
    award = expression(award_trees(ruleset, amount)[1], ruleset)
    # Interest depends on a loan, which a declaration has not yet: no price, which is not the price of nothing.
    other_mode = pl.col("support_mode") != amount.mode
    priced = whole.lazy().select(award_fen=pl.when(other_mode).then(pl.lit(None, pl.Int64)).otherwise(fen(award)))
    return rows.hstack(priced.collect())


def _summary(rows: pl.DataFrame, found: pl.DataFrame, ruleset: Ruleset) -> dict[str, Any]:
    answer, money = pl.col("eligible"), pl.col("award_fen")
    totals = rows.lazy().select(
        eligible=answer.sum(),
        ineligible=(~answer).sum(),
        undetermined=answer.is_null().sum(),
        certain=money.filter(answer).sum(),
        open=money.filter(answer.is_null()).sum(),
        unpriced=(money.is_null() & answer.fill_null(True)).sum(),
    ).collect().row(0, named=True)  # fmt: skip
    return {
        "counts": {word: totals[word] for word in WORDS.values()},
        "budget_yuan": {"certain": _yuan(totals["certain"]), "possible": _yuan(totals["certain"] + totals["open"])},
        "unpriced": totals["unpriced"],
        "blocking": _blocking(found, ruleset),
    }


def _blocking(found: pl.DataFrame, ruleset: Ruleset) -> list[dict[str, Any]]:
    """Return the `must` rules that refuse projects, most refusals first, with the number each refuses alone."""
    must = [rule for rule in ruleset.phase("declare") if rule.strength == "must"]
    refused = found.select((~pl.col(rule.id)).fill_null(False) for rule in must)
    counts = refused.sum().row(0, named=True)
    single = refused.filter(pl.sum_horizontal(pl.all().cast(pl.UInt8)) == 1).sum().row(0, named=True)
    listed = [
        {
            "rule": rule.id,
            "clause": rule.clause,
            "label": rule.label,
            "refused": counts[rule.id],
            "alone": single[rule.id],
        }
        for rule in must
        if counts[rule.id]
    ]
    return sorted(listed, key=lambda entry: -entry["refused"])


def _cross(both: pl.DataFrame) -> tuple[dict[str, Any], ...]:
    grouped = both.lazy().group_by("eligible", "eligible_after").agg(
        count=pl.len(), before=pl.col("award_fen").sum(), after=pl.col("award_fen_after").sum()
    ).collect()  # fmt: skip
    cells = {(row[0], row[1]): row[2:] for row in grouped.iter_rows()}
    return tuple(
        {
            "before": WORDS[old],
            "after": WORDS[new],
            "count": cells.get((old, new), (0, 0, 0))[0],
            "award_before_yuan": _yuan(cells.get((old, new), (0, 0, 0))[1]),
            "award_after_yuan": _yuan(cells.get((old, new), (0, 0, 0))[2]),
        }
        for old in WORDS
        for new in WORDS
    )


def _counted(amount: Amount, kind: str) -> Node:
    """Return the part of a kind, zero where its investment does not count (I3)."""
    return _where_counted(amount, kind, amount.parts[kind])


def _where_counted(amount: Amount, kind: str, part: Node) -> Node:
    """Return `part` where the investment of its kind counts, and zero where it does not."""
    if kind not in amount.counts:
        return part
    return Choose(amount.counts[kind].when, part, Constant(0), yes_no=False)


def _dominant(amount: Amount) -> Node:
    """Return the tree of the total investment at the rate of the kind with the largest investment (I2)."""
    products = {kind: part for kind, part in amount.parts.items() if isinstance(part, Arithmetic)}
    investments = [_where_counted(amount, kind, products[kind].left) for kind in COMPONENT_KINDS]
    rates = [products[kind].right for kind in COMPONENT_KINDS]
    total = _sum(investments)
    building, factory, infrastructure = investments
    at = [Arithmetic("*", total, rate) for rate in rates]
    most = And((Compare(">=", building, factory), Compare(">=", building, infrastructure)))
    rest = Choose(Compare(">=", factory, infrastructure), at[1], at[2], yes_no=False)
    return Choose(most, at[0], rest, yes_no=False)


def _sum(nodes: list[Any]) -> Node:
    total: Node = reduce(lambda left, right: Arithmetic("+", left, right), nodes)
    return total


def _yuan(amount_fen: int) -> str:
    return f"{Decimal(amount_fen) / 100:.2f}"
