"""Editions of the notice, and the rule set that an edition, its parameters and the chosen readings give on a date.

Two time axes: the date selects edition and values; the hash identifies how they were encoded at the time. A rule set
is identified by the SHA-256 of its content, which is stored as JSON for replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from shared.policy.errors import NoEditionInForce, SeveralEditionsInForce, UnknownParameter
from shared.policy.language import Vocabulary
from shared.policy.parameters import (
    FOLDER,
    DatedValue,
    district_keys,
    history,
    load_toml,
    normalized,
    readings,
    value_on,
)
from shared.policy.parameters import interpretations as readings_chosen
from shared.policy.ruleset import Ruleset, content_of, parameters_in
from shared.series.figures import Register, current, expect_received, note, reading_from
from shared.series.kinds import VALUES


@cache
def editions() -> tuple[Mapping[str, Any], ...]:
    """Return all editions, oldest first."""
    files = sorted((FOLDER / "editions").glob("*.toml"))
    return tuple(sorted((load_toml(file) for file in files), key=lambda edition: edition["in_force"]["from"]))


def edition_on(as_of: date) -> Mapping[str, Any]:
    """Return the edition in force on a date. Raises NoEditionInForce or SeveralEditionsInForce."""
    found = [edition for edition in editions() if _covers(edition["in_force"], as_of)]
    if not found:
        raise NoEditionInForce(f"{as_of} 没有施行的政策版本，须人工选定适用版本", as_of=as_of.isoformat())
    if len(found) > 1:
        raise SeveralEditionsInForce(f"{as_of} 有 {len(found)} 个政策版本", as_of=as_of.isoformat())
    return found[0]


def resolve(
    as_of: date,
    district: str | None = None,
    interpretations: Mapping[str, str] | None = None,
    standards: Mapping[str, Any] | None = None,
) -> Ruleset:
    """Return the rule set in force on a date for a district under the chosen readings.

    `standards` are the district's own values beyond series/district.csv, by parameter key: a value, or a DatedValue
    that names its document (四（一）2). Raises NoEditionInForce, UnknownInterpretation, and UnknownParameter for a
    standard that a district cannot set.
    """
    if unknown := (standards or {}).keys() - district_keys():
        raise UnknownParameter(f"区级不能设定参数 {'、'.join(sorted(unknown))}")
    own = tuple(sorted((key, normalized(value)) for key, value in (standards or {}).items()))
    for kind in (*VALUES, "interpretation"):
        expect_received(kind)
    found = _resolved(current(), as_of, district, tuple(sorted((interpretations or {}).items())), own)
    note(found.figures)
    return found


def vocabulary(inputs: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
    """Return the names that an edition's rule texts may use."""
    return Vocabulary(
        facts={name: entry["type"] for name, entry in inputs.items()},
        words={name: frozenset(entry.get("options", {})) for name, entry in inputs.items()},
        parameters={key: "words" if _lists(values) else "number" for key, values in history().items()},
        interpretations={key: frozenset(reading.options) for key, reading in readings().items()},
    )


def ruleset_from_content(content: Mapping[str, Any], as_of: date, district: str | None = None) -> Ruleset:
    """Return the rule set of stored content, independent of today's files."""
    return Ruleset(content, as_of, vocabulary(content["inputs"]), district)


@lru_cache(maxsize=512)
def _resolved(
    register: Register,
    as_of: date,
    district: str | None,
    chosen: tuple[tuple[str, str], ...],
    own: tuple[tuple[str, Any], ...],
) -> Ruleset:
    edition = edition_on(as_of)
    values = {
        key: _value_in_force(key, as_of, district, dict(own)) for key in parameters_in(edition) & history().keys()
    }
    with reading_from(register) as work:
        content = content_of(edition, values, readings_chosen(dict(chosen), as_of))
    used = {dated.figure for dated in values.values() if dated.figure} | work.used
    return replace(ruleset_from_content(content, as_of, district), figures=frozenset(used))


def _value_in_force(key: str, as_of: date, district: str | None, own: Mapping[str, Any]) -> DatedValue:
    city = history()[key][0]
    if isinstance(own.get(key), DatedValue):
        return own[key]  # type: ignore[no-any-return]
    if key in own:
        return DatedValue(key, city.label, city.unit, as_of, own[key], source="区级标准", district=district or "")
    return value_on(key, as_of, district) or DatedValue(key, city.label, city.unit, as_of, None, note="尚无数值")


def _covers(in_force: Mapping[str, Any], as_of: date) -> bool:
    return bool(in_force["from"] <= as_of and ("to" not in in_force or as_of <= in_force["to"]))


def _lists(values: tuple[DatedValue, ...]) -> bool:
    return any(isinstance(dated.value, tuple) for dated in values)
