"""What would change if a number or a reading were another one: old x new, who gains and loses, yuan as an interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from services.eligibility.population import Group, Population, Subject
from shared.errors import Invalid
from shared.policy import Ruleset, simulate
from shared.policy.whatif import Simulation

WORDS = {True: "eligible", False: "ineligible", None: "undetermined"}
MOST_LISTED = 500


@dataclass(frozen=True)
class WhatIf:
    """The population judged twice: one row per subject with its place, district, answers and awards (fen)."""

    subjects: Sequence[Subject]
    rows: pl.DataFrame
    simulations: Sequence[Simulation]

    def table(self) -> list[dict[str, Any]]:
        """All nine cells of old x new, with number and yuan."""
        cells = self.rows.group_by("eligible", "eligible_after").agg(
            count=pl.len(), before=pl.col("award_fen").sum(), after=pl.col("award_fen_after").sum()
        )
        found = {(row[0], row[1]): row[2:] for row in cells.iter_rows()}
        return [_cell(old, new, *found.get((old, new), (0, 0, 0))) for old in WORDS for new in WORDS]

    def moved(self, *, gained: bool) -> list[dict[str, Any]]:
        """Projects that become eligible, or cease to be; whatever they were or are besides."""
        before, after = pl.col("eligible").fill_null(False), pl.col("eligible_after").fill_null(False)
        rows = self.rows.filter(~before & after if gained else before & ~after).sort("place")
        return [self._listed(row) for row in rows.iter_rows(named=True)]

    def money(self, suffix: str = "") -> dict[str, str | None]:
        """Certain: eligible projects. Possible: undetermined ones besides."""
        row = self.rows.select(*_yuan_columns(suffix)).row(0, named=True)
        return {"certain_yuan": _yuan(row[f"certain{suffix}"]), "possible_yuan": _yuan(row[f"possible{suffix}"])}

    def by_district(self) -> list[dict[str, Any]]:
        """The same interval, and counts, district by district."""
        columns = [expression for suffix in ("", "_after") for expression in (*_yuan_columns(suffix), *_counts(suffix))]
        grouped = self.rows.group_by("district").agg(columns).sort("district")
        return [_district_line(row) for row in grouped.iter_rows(named=True)]

    def blocking(self, *, after: bool) -> list[dict[str, Any]]:
        """Which conditions refuse most, over all groups."""
        merged: dict[str, dict[str, Any]] = {}
        for simulation in self.simulations:
            for entry in ((simulation.after if after else simulation.before) or {})["blocking"]:
                line = merged.setdefault(entry["rule"], {**entry, "refused": 0, "alone": 0})
                line["refused"] += entry["refused"]
                line["alone"] += entry["alone"]
        return sorted(merged.values(), key=lambda line: -int(line["refused"]))

    def touched(self) -> list[str]:
        return list(dict.fromkeys(rule for simulation in self.simulations for rule in simulation.touched))

    def _listed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        subject = self.subjects[row["place"]]
        return {
            "id": subject.id,
            "origin": subject.origin,
            "project_name": subject.name,
            "district": subject.district,
            "before": WORDS[row["eligible"]],
            "after": WORDS[row["eligible_after"]],
            "award_before_yuan": _yuan(row["award_fen"]),
            "award_after_yuan": _yuan(row["award_fen_after"]),
        }


def run(population: Population, groups: Sequence[Group], patch: Mapping[str, Any]) -> WhatIf:
    """Judge everybody twice, each under its district's rule set. Raises MalformedRule, NotForTables, UnreadableFact."""
    simulations, frames = [], []
    for group in groups:
        places = population.places(group.districts)
        if not places:
            continue
        frame = population.frame(places, group.districts, group.ruleset)
        simulation = simulate(frame, group.ruleset, patch)
        simulations.append(simulation)
        frames.append(_placed(simulation.rows, places, population.subjects))
    rows = pl.concat(frames) if frames else _NOBODY
    return WhatIf(population.subjects, rows, simulations)


def patch_of(
    parameters: Mapping[str, str | list[str]], readings: Mapping[str, str], ruleset: Ruleset
) -> dict[str, Any]:
    """The patch, each value of the kind its parameter has. Raises Invalid naming the field."""
    patch: dict[str, Any] = {}
    for key, value in parameters.items():
        if key not in ruleset.parameters:
            raise Invalid(f"现行版本没有参数 {key}", field=f"/body/parameters/{key}")
        if (ruleset.vocabulary.parameters[key] == "words") is not isinstance(value, list):
            raise Invalid(f"参数 {key} 的值类型不符", field=f"/body/parameters/{key}")
        patch[key] = value if isinstance(value, list) else Decimal(value)
    for key, option in readings.items():
        if option not in ruleset.vocabulary.interpretations.get(key, ()):
            raise Invalid(f"没有口径 {key} = {option}", field=f"/body/interpretations/{key}")
        patch[key] = option
    if not patch:
        raise Invalid("请至少改动一项参数或口径", field="/body")
    return patch


_NOBODY = pl.DataFrame(
    schema={
        "eligible": pl.Boolean,
        "award_fen": pl.Int64,
        "eligible_after": pl.Boolean,
        "award_fen_after": pl.Int64,
        "place": pl.Int64,
        "district": pl.String,
    }
)


def _placed(rows: pl.DataFrame, places: Sequence[int], subjects: Sequence[Subject]) -> pl.DataFrame:
    return rows.select(
        "eligible",
        "award_fen",
        "eligible_after",
        "award_fen_after",
        place=pl.Series(places, dtype=pl.Int64),
        district=pl.Series([subjects[place].district for place in places], dtype=pl.String),
    )


def _yuan_columns(suffix: str) -> tuple[pl.Expr, pl.Expr]:
    answer, award = pl.col(f"eligible{suffix}"), pl.col(f"award_fen{suffix}")
    certain = award.filter(answer).sum()
    return certain.alias(f"certain{suffix}"), (certain + award.filter(answer.is_null()).sum()).alias(
        f"possible{suffix}"
    )


def _counts(suffix: str) -> tuple[pl.Expr, pl.Expr]:
    answer = pl.col(f"eligible{suffix}")
    return answer.sum().alias(f"yes{suffix}"), answer.is_null().sum().alias(f"open{suffix}")


def _district_line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"district": row["district"]} | {
        moment: {
            "eligible": row[f"yes{suffix}"],
            "undetermined": row[f"open{suffix}"],
            "certain_yuan": _yuan(row[f"certain{suffix}"]),
            "possible_yuan": _yuan(row[f"possible{suffix}"]),
        }
        for moment, suffix in (("before", ""), ("after", "_after"))
    }


def _cell(old: bool | None, new: bool | None, count: int, before: int, after: int) -> dict[str, Any]:
    return {
        "before": WORDS[old],
        "after": WORDS[new],
        "count": count,
        "award_before_yuan": _yuan(before),
        "award_after_yuan": _yuan(after),
    }


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{Decimal(fen) / 100:.2f}"
