"""Reference rates of interest subsidies: LPR, and before it the benchmark lending rate. 二（四）2"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Final, Literal, Self

from shared.policy.errors import BeyondKnownSeries
from shared.policy.parameters import from_json, holds_until
from shared.series.figures import Figure, Register, current, expect_received, note, way_out
from shared.series.package import package_register

Tenor = Literal["1Y", "5Y"]
SHORT_TERM_MONTHS: Final = 60
"""Longest original term, in months, to which the one-year LPR applies (I7)."""
_TENORS: Final[tuple[Tenor, ...]] = ("1Y", "5Y")


@dataclass(frozen=True, slots=True)
class Reference:
    """Rate in force on a day as a ratio, with its name, the day it was published, and whether it is verified."""

    rate: Decimal
    name: str
    published_on: date
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Quotation:
    """LPR quotation: ratios by tenor, in force from `published_on` until the next one."""

    published_on: date
    rates: Mapping[Tenor, Decimal]
    unverified: frozenset[Tenor] = frozenset()
    version: int = 1
    figures: Mapping[Tenor, str] = field(default_factory=dict, compare=False)
    """Names of the versions in the register of figures, by tenor."""

    def references(self) -> dict[Tenor, Reference]:
        """Return the rate of each tenor with its name and its day."""
        return {
            tenor: Reference(rate, f"{tenor} LPR", self.published_on, tenor not in self.unverified)
            for tenor, rate in self.rates.items()
        }


@dataclass(frozen=True, slots=True)
class BenchmarkRates:
    """Benchmark lending rates (贷款基准利率) from a day on, as ratios by original term in months."""

    from_on: date
    up_to_12: Decimal
    up_to_60: Decimal
    over_60: Decimal

    def of(self, term_months: int) -> Decimal:
        """Return the rate of an original term."""
        if term_months <= 12:
            return self.up_to_12
        return self.up_to_60 if term_months <= SHORT_TERM_MONTHS else self.over_60


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """Registered quotations, oldest first.

    The last quotation is in force until the next one is due, or for ever when `held` (estimates hold it).
    """

    quotations: tuple[Quotation, ...]
    benchmarks: tuple[BenchmarkRates, ...] = ()
    held: bool = False
    _days: tuple[date, ...] = field(init=False, repr=False, compare=False, default=())
    _ends: tuple[date, ...] = field(init=False, repr=False, compare=False, default=())
    """First day, for each quotation, on which it is no longer known to hold."""
    _stops: tuple[date, ...] = field(init=False, repr=False, compare=False, default=())
    """Days on which the quotation before is no longer known to hold, and no other one begins."""
    _references: tuple[Mapping[Tenor, Reference], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        days = tuple(quotation.published_on for quotation in self.quotations)
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError("quotations are not in the order of their days")
        object.__setattr__(self, "_days", days)
        ends = tuple(self._end(place) for place in range(len(days)))
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "_stops", tuple(end for end in ends if end not in days))
        object.__setattr__(self, "_references", tuple(quotation.references() for quotation in self.quotations))

    def in_force(self, on: date, tenor: Tenor, term_months: int) -> Reference:
        """Return the rate in force on a day. Raises BeyondKnownSeries, saying what has to be registered."""
        place = bisect_right(self._days, on) - 1
        if place < 0:
            return self._benchmark(on, term_months)
        quotation = self.quotations[place]
        if on >= self._ends[place]:
            told = f"{on} 的 {tenor} LPR 尚未登记（已登记至 {quotation.published_on}）"
            raise BeyondKnownSeries(f"{told}。{way_out('lpr')}", kind="lpr", key=tenor)
        if tenor in quotation.figures:
            note([quotation.figures[tenor]])
        return self._references[place][tenor]

    def changes(self, from_on: date, to_on: date) -> Iterator[date]:
        """Yield the days after `from_on` and up to `to_on` on which a rate comes into force or stops being known."""
        yield from self._days[bisect_right(self._days, from_on) : bisect_right(self._days, to_on)]
        for rates in self.benchmarks:
            if from_on < rates.from_on <= to_on:
                yield rates.from_on
        yield from self._stops[bisect_right(self._stops, from_on) : bisect_right(self._stops, to_on)]

    def _end(self, place: int) -> date:
        """Return the first day on which a quotation is no longer known to hold."""
        last = place == len(self._days) - 1
        if last and self.held:
            return date.max
        return holds_until(self._days[place], None if last else self._days[place + 1])

    def as_known_on(self, today: date) -> Self:
        """Return the rates published by `today`, the last one held: later publications were not known then."""
        known = tuple(quotation for quotation in self.quotations if quotation.published_on <= today)
        covered = bool(known) and today < self._ends[len(known) - 1]
        return replace(self, quotations=known, held=self.held or covered)

    def _benchmark(self, on: date, term_months: int) -> Reference:
        known = [rates for rates in self.benchmarks if rates.from_on <= on]
        if not known:
            first = f"LPR首次公布（{self._days[0]}）之前" if self._days else "没有已登记的LPR报价"
            raise BeyondKnownSeries(f"{on} 在{first}，当日贷款基准利率也未登记。{way_out('parameter')}")
        return Reference(known[-1].of(term_months), "贷款基准利率", known[-1].from_on)


def tenor_of(original_term_months: int, contract_tenor: Tenor | None, reading: str) -> Tenor:
    """Return the LPR tenor that applies to a loan, by the reading of I7."""
    if reading == "one_year":
        return "1Y"
    by_term: Tenor = "1Y" if original_term_months <= SHORT_TERM_MONTHS else "5Y"
    return (contract_tenor or by_term) if reading == "contract_else_term" else by_term


def registered_rates() -> ReferenceRates:
    """Return the rates in the register of the work under way. Raises FiguresNotReceived."""
    expect_received("lpr")
    return current().view(_rates)


@cache
def shipped_rates() -> ReferenceRates:
    """Return the rates of the package's files: first entries of the register."""
    return _rates(package_register())


def _rates(register: Register) -> ReferenceRates:
    quoted: dict[date, dict[Tenor, Figure]] = {}
    for tenor in _TENORS:
        for figure in register.series("lpr", tenor):
            quoted.setdefault(figure.valid_from, {})[tenor] = figure
    complete = (_quotation(day, quoted[day]) for day in sorted(quoted) if len(quoted[day]) == len(_TENORS))
    return ReferenceRates(tuple(complete), tuple(_benchmarks(register)))


def _quotation(day: date, figures: Mapping[Tenor, Figure]) -> Quotation:
    return Quotation(
        day,
        {tenor: Decimal(figure.value) / 100 for tenor, figure in figures.items()},
        frozenset(tenor for tenor, figure in figures.items() if figure.unverified),
        max(figure.version for figure in figures.values()),
        {tenor: figure.name for tenor, figure in figures.items()},
    )


def _benchmarks(register: Register) -> Iterator[BenchmarkRates]:
    for figure in register.series("parameter", "benchmark_lending_rates"):
        rates = from_json(figure.value)
        yield BenchmarkRates(figure.valid_from, rates["up_to_1_year"], rates["up_to_5_years"], rates["over_5_years"])
