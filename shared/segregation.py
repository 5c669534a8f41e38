"""Segregation of duties as dated data: the duties of a case, and the pairs that one person may not hold on it."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("segregation.toml")
UNDATED = "当日没有生效的职责分离规则，按一人一职办理"
"""Reason of the refusal on a day that the table does not cover: every two duties exclude each other."""
_KEYS = {"duty", "excludes", "except", "reason", "source", "from", "until"}


class BadTable(ValueError):
    """The table of duties cannot be used; the message names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Two duties that one person may not hold on one case, with the days on which this holds."""

    duties: frozenset[str]
    stated_for: str
    """The one of the two for which the table states it."""
    reason: str
    source: str
    since: date
    until: date | None = None
    """First day on which the exclusion no longer holds."""

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def other(self, duty: str) -> str:
        """Return the duty that excludes this one."""
        (other,) = self.duties - {duty}
        return other


@dataclass(frozen=True, slots=True)
class Segregation:
    """Duties with their labels, and the exclusions. `since` is the first day that the table covers."""

    duties: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]
    since: date

    def on(self, day: date) -> tuple[Exclusion, ...]:
        """Return the exclusions of a day; before the table's first day, one for every two duties."""
        if day < self.since:
            pairs = combinations(self.duties, 2)
            return tuple(Exclusion(frozenset(pair), pair[0], UNDATED, "", day) for pair in pairs)
        return tuple(each for each in self.exclusions if each.holds_on(day))

    def excluding(self, duty: str, day: date) -> dict[str, Exclusion]:
        """Return the exclusions of a duty on a day, by the other duty, in the order of the duties."""
        found = {each.other(duty): each for each in self.on(day) if duty in each.duties}
        return {name: found[name] for name in self.duties if name in found}

    def conflict(self, held: Iterable[str], duty: str, day: date) -> Exclusion | None:
        """Return the exclusion by which a person with the held duties may not take another, if any.

        A duty that the table does not know, as an event of a newer service may carry, excludes every other.
        """
        excluding = self.excluding(duty, day)
        for each in sorted(set(held) - {duty}):
            if each in excluding:
                return excluding[each]
            if each not in self.duties:
                return Exclusion(frozenset({each, duty}), duty, UNDATED, "", day)
        return None

    def label(self, duty: str) -> str:
        return self.duties.get(duty, duty)


def read(table: Mapping[str, Any]) -> Segregation:
    """Return the table of a TOML document. Raises BadTable."""
    duties: dict[str, str] = table["duties"]
    if unnamed := [duty for duty, label in duties.items() if not label.strip()]:
        raise BadTable(f"duties without a label: {unnamed}")
    exclusions = [exclusion for entry in table["exclusion"] for exclusion in _exclusions(entry, duties)]
    _refuse_doubles(exclusions)
    return Segregation(duties, tuple(exclusions), table["since"])


def _exclusions(entry: Mapping[str, Any], duties: Mapping[str, str]) -> Iterator[Exclusion]:
    """Yield the exclusions of an entry, which names one duty and those that exclude it. Raises BadTable."""
    duty, since, until = entry.get("duty", ""), entry.get("from"), entry.get("until")
    excepted, others = entry.get("except", []), entry.get("excludes", [])
    if others == ["*"]:
        others = [name for name in duties if name != duty and name not in excepted]
    problems = {
        "unknown members": set(entry) - _KEYS,
        "unknown duties": {duty, *others, *excepted} - duties.keys(),
        "excludes itself": {duty} & set(others),
        "names a duty twice": {name for name in others if others.count(name) > 1},
        "excludes nothing": not others,
        "no reason": not str(entry.get("reason", "")).strip(),
        "no source": not str(entry.get("source", "")).strip(),
        "no first day": since is None,
        "ends before it begins": since is not None and until is not None and until <= since,
    }
    if wrong := {problem: what for problem, what in problems.items() if what}:
        raise BadTable(f"exclusion of {duty!r}: {wrong}")
    for other in others:
        yield Exclusion(frozenset({duty, other}), duty, entry["reason"], entry["source"], entry["from"], until)


def _refuse_doubles(exclusions: Iterable[Exclusion]) -> None:
    """Raise BadTable where two exclusions of the same duties hold on the same day."""
    for first, second in combinations(exclusions, 2):
        if first.duties == second.duties and (first.holds_on(second.since) or second.holds_on(first.since)):
            raise BadTable(f"two exclusions at once of {sorted(first.duties)}")


SEGREGATION = read(tomllib.loads(FILE.read_text("utf-8")))
DUTIES = SEGREGATION.duties
"""Every duty with its label."""
