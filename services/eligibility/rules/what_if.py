"""What-if comparison of changed parameters or readings: answers and award intervals (四（一）2). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl

from services.eligibility.rules.code_lists import Answer, ProjectOrigin
from shared.errors import Invalid
from shared.policy import Ruleset, simulate
from shared.policy.ruleset import touched
from shared.policy.table import frame_of
from shared.policy.whatif import Simulation

ANSWER_CODES: dict[bool | None, Answer] = {True: "eligible", False: "ineligible", None: "undetermined"}
MAX_LISTED = 500
MAX_FRAMES = 32


@dataclass(frozen=True, slots=True)
class Subject:
    """A project under assessment and its origin."""

    id: UUID
    origin: ProjectOrigin
    name: str
    district: str
    facts: Mapping[str, Any]


@dataclass
class Population:
    """Subjects of one database state, with cached data frames."""

    fingerprint: tuple[Any, ...]
    subjects: Sequence[Subject]
    frames: dict[tuple[Any, ...], pl.DataFrame] = field(default_factory=dict)

    def positions(self, districts: frozenset[str]) -> list[int]:
        return [position for position, subject in enumerate(self.subjects) if subject.district in districts]

    def frame(self, positions: Sequence[int], districts: frozenset[str], ruleset: Ruleset) -> pl.DataFrame:
        """Return the data frame of some districts' subjects under a rule set, cached. Raises UnreadableFact."""
        key = (ruleset.hash, ruleset.as_of, districts)
        if key not in self.frames:
            if len(self.frames) >= MAX_FRAMES:
                self.frames.clear()
            self.frames[key] = frame_of([self.subjects[position].facts for position in positions], ruleset)
        return self.frames[key]


@dataclass(frozen=True, slots=True)
class Group:
    """Districts assessed by one rule set; a district with its own standards has its own group."""

    ruleset: Ruleset
    districts: frozenset[str]


def group_districts(rulesets: Mapping[str, Ruleset]) -> list[Group]:
    """Return the districts grouped by the content of their rule set."""
    codes_by_hash: dict[str, list[str]] = {}
    for code, ruleset in rulesets.items():
        codes_by_hash.setdefault(ruleset.hash, []).append(code)
    return [Group(rulesets[codes[0]], frozenset(codes)) for codes in codes_by_hash.values()]


@dataclass(frozen=True)
class WhatIfResult:
    """Population assessed twice: one row per subject with position, district, answers and awards in fen."""

    subjects: Sequence[Subject]
    rows: pl.DataFrame
    simulations: Sequence[Simulation]

    def table(self) -> list[dict[str, Any]]:
        """Return the nine cells of old against new answers, with counts and yuan."""
        cells = self.rows.group_by("eligible", "eligible_after").agg(
            count=pl.len(), before=pl.col("award_fen").sum(), after=pl.col("award_fen_after").sum()
        )
        found = {(row[0], row[1]): row[2:] for row in cells.iter_rows()}
        return [_cell(old, new, *found.get((old, new), (0, 0, 0))) for old in ANSWER_CODES for new in ANSWER_CODES]

    def changed_projects(self, *, gained: bool) -> list[dict[str, Any]]:
        """Return the projects that become eligible, or cease to be eligible."""
        before, after = pl.col("eligible").fill_null(False), pl.col("eligible_after").fill_null(False)
        rows = self.rows.filter(~before & after if gained else before & ~after).sort("position")
        return [self._project_line(row) for row in rows.iter_rows(named=True)]

    def award_interval(self, suffix: str = "") -> dict[str, Any]:
        """Return the awards of eligible projects, with undetermined ones added, in yuan, and how many have no price."""
        return _interval(self.rows.select(*_yuan_columns(suffix)).row(0, named=True), suffix)

    def by_district(self) -> list[dict[str, Any]]:
        """Return the award interval and the counts of each district."""
        columns = [expression for suffix in ("", "_after") for expression in (*_yuan_columns(suffix), *_counts(suffix))]
        grouped = self.rows.group_by("district").agg(columns).sort("district")
        return [_district_line(row) for row in grouped.iter_rows(named=True)]

    def blocking(self, *, after: bool) -> list[dict[str, Any]]:
        """Return the conditions by the number of projects that each refuses, over all groups."""
        merged: dict[str, dict[str, Any]] = {}
        for simulation in self.simulations:
            for entry in ((simulation.after if after else simulation.before) or {})["blocking"]:
                line = merged.setdefault(entry["rule"], {**entry, "refused": 0, "alone": 0})
                line["refused"] += entry["refused"]
                line["alone"] += entry["alone"]
        return sorted(merged.values(), key=lambda line: -int(line["refused"]))

    def affected_rules(self) -> list[str]:
        """Return the rules and amounts that the change can affect."""
        return list(dict.fromkeys(rule for simulation in self.simulations for rule in simulation.touched))

    def _project_line(self, row: Mapping[str, Any]) -> dict[str, Any]:
        subject = self.subjects[row["position"]]
        return {
            "id": subject.id,
            "origin": subject.origin,
            "project_name": subject.name,
            "district": subject.district,
            "before": ANSWER_CODES[row["eligible"]],
            "after": ANSWER_CODES[row["eligible_after"]],
            "award_before_yuan": _yuan(row["award_fen"]),
            "award_after_yuan": _yuan(row["award_fen_after"]),
        }


def run(population: Population, groups: Sequence[Group], patch: Mapping[str, Any]) -> WhatIfResult:
    """Assess all subjects before and after the change. Raises MalformedRule, NotForTables, UnreadableFact."""
    simulations, frames = [], []
    for group in groups:
        positions = population.positions(group.districts)
        if not positions:
            continue
        frame = population.frame(positions, group.districts, group.ruleset)
        simulation = simulate(frame, group.ruleset, patch)
        simulations.append(simulation)
        frames.append(_with_positions(simulation.rows, positions, population.subjects))
    rows = pl.concat(frames) if frames else _EMPTY
    return WhatIfResult(population.subjects, rows, simulations)


def patch_of(
    parameters: Mapping[str, str | list[str]], readings: Mapping[str, str], ruleset: Ruleset
) -> dict[str, Any]:
    """Return the changed parameters and readings, checked by kind. Raises Invalid naming the field."""
    patch: dict[str, Any] = {}
    for key, value in parameters.items():
        if key not in ruleset.parameters:
            raise Invalid(f"该版本没有参数 {key}，参数名称见 GET /v1/clauses", field=f"/body/parameters/{key}")
        is_list = ruleset.vocabulary.parameters[key] == "words"
        if is_list is not isinstance(value, list):
            form = '代码列表，如 ["modern_services"]' if is_list else '十进制数字符串，如 "10000"'
            raise Invalid(f"参数 {key} 的值须为{form}", field=f"/body/parameters/{key}")
        patch[key] = value if isinstance(value, list) else Decimal(value)
    for key, option in readings.items():
        options = ruleset.vocabulary.interpretations.get(key, ())
        if option not in options:
            detail = f"口径 {key} 可选：{'、'.join(sorted(options))}" if options else f"该版本没有口径 {key}"
            raise Invalid(detail, field=f"/body/interpretations/{key}")
        patch[key] = option
    if not patch:
        raise Invalid("请在 parameters 或 interpretations 中至少改动一项", field="/body")
    _refuse_idle(patch, parameters, ruleset)
    return patch


def _refuse_idle(patch: Mapping[str, Any], parameters: Mapping[str, Any], ruleset: Ruleset) -> None:
    """Raise Invalid for a change on which no rule or amount depends: "nobody moved" would be no answer."""
    for key in patch:
        if touched(ruleset, [key]):
            continue
        place = "parameters" if key in parameters else "interpretations"
        usable = "、".join(sorted(each for each in getattr(ruleset, place) if touched(ruleset, [each])))
        detail = f"{key} 不在判定和补助的规则之中，不能测算；可以测算的：{usable}"
        raise Invalid(detail, field=f"/body/{place}/{key}")


_EMPTY = pl.DataFrame(
    schema={
        "eligible": pl.Boolean,
        "award_fen": pl.Int64,
        "eligible_after": pl.Boolean,
        "award_fen_after": pl.Int64,
        "position": pl.Int64,
        "district": pl.String,
    }
)


def _with_positions(rows: pl.DataFrame, positions: Sequence[int], subjects: Sequence[Subject]) -> pl.DataFrame:
    return rows.select(
        "eligible",
        "award_fen",
        "eligible_after",
        "award_fen_after",
        position=pl.Series(positions, dtype=pl.Int64),
        district=pl.Series([subjects[position].district for position in positions], dtype=pl.String),
    )


def _yuan_columns(suffix: str) -> tuple[pl.Expr, ...]:
    answer, award = pl.col(f"eligible{suffix}"), pl.col(f"award_fen{suffix}")
    certain = award.filter(answer).sum()
    possible = certain + award.filter(answer.is_null()).sum()
    unpriced = (answer.fill_null(True) & award.is_null()).sum()
    return certain.alias(f"certain{suffix}"), possible.alias(f"possible{suffix}"), unpriced.alias(f"unpriced{suffix}")


def _interval(row: Mapping[str, Any], suffix: str) -> dict[str, Any]:
    return {
        "certain_yuan": _yuan(row[f"certain{suffix}"]),
        "possible_yuan": _yuan(row[f"possible{suffix}"]),
        "unpriced": row[f"unpriced{suffix}"],
    }


def _counts(suffix: str) -> tuple[pl.Expr, pl.Expr]:
    answer = pl.col(f"eligible{suffix}")
    return answer.sum().alias(f"yes{suffix}"), answer.is_null().sum().alias(f"open{suffix}")


def _district_line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"district": row["district"]} | {
        moment: {
            "eligible": row[f"yes{suffix}"],
            "undetermined": row[f"open{suffix}"],
            **_interval(row, suffix),
        }
        for moment, suffix in (("before", ""), ("after", "_after"))
    }


def _cell(old: bool | None, new: bool | None, count: int, before: int, after: int) -> dict[str, Any]:
    return {
        "before": ANSWER_CODES[old],
        "after": ANSWER_CODES[new],
        "count": count,
        "award_before_yuan": _yuan(before),
        "award_after_yuan": _yuan(after),
    }


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{Decimal(fen) / 100:.2f}"
