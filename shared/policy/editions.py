"""Editions of the notice: which one is in force on a day, resolved with its numbers and readings into a rule set.

Two time axes: the day in force picks edition and values, the hash says which encoding of them we had. A rule set is
identified by the SHA-256 of its content and can be written out as JSON and read back for replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from shared.policy.language import Vocabulary
from shared.policy.parameters import (
    FOLDER,
    DatedValue,
    district_keys,
    history,
    load_toml,
    readings,
    tidy,
    value_on,
)
from shared.policy.parameters import interpretations as readings_chosen
from shared.policy.refusals import NoEditionInForce, SeveralEditionsInForce, UnknownParameter
from shared.policy.ruleset import Ruleset, content_of, parameters_in


@cache
def editions() -> tuple[Mapping[str, Any], ...]:
    """Every edition file, oldest first."""
    files = sorted((FOLDER / "editions").glob("*.toml"))
    return tuple(sorted((load_toml(file) for file in files), key=lambda edition: edition["in_force"]["from"]))


def edition_on(as_of: date) -> Mapping[str, Any]:
    """The one edition in force on a day. Raises NoEditionInForce or SeveralEditionsInForce."""
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
    """The rule set in force on a day, for a district, under the readings chosen.

    `standards` are what the district has set for itself beyond series/district.csv, by parameter key: a value, or a
    DatedValue that names its document (四（一）2).
    Raises NoEditionInForce, UnknownInterpretation, and UnknownParameter for a standard a district cannot set.
    """
    if strange := (standards or {}).keys() - district_keys():
        raise UnknownParameter(f"区级不能设定参数 {'、'.join(sorted(strange))}")
    own = tuple(sorted((key, tidy(value)) for key, value in (standards or {}).items()))
    return _resolved(as_of, district, tuple(sorted((interpretations or {}).items())), own)


def vocabulary(inputs: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
    """The names the rule texts of an edition may use."""
    return Vocabulary(
        facts={name: entry["type"] for name, entry in inputs.items()},
        words={name: frozenset(entry.get("options", {})) for name, entry in inputs.items()},
        parameters={key: "words" if _lists(values) else "number" for key, values in history().items()},
        interpretations={key: frozenset(reading.options) for key, reading in readings().items()},
    )


def stored(content: Mapping[str, Any], as_of: date, district: str | None = None) -> Ruleset:
    """A rule set read back from its exported content, whatever the files say today."""
    return Ruleset(content, as_of, vocabulary(content["inputs"]), district)


@lru_cache(maxsize=512)
def _resolved(
    as_of: date, district: str | None, chosen: tuple[tuple[str, str], ...], own: tuple[tuple[str, Any], ...]
) -> Ruleset:
    edition = edition_on(as_of)
    standing = {key: _standing(key, as_of, district, dict(own)) for key in parameters_in(edition) & history().keys()}
    return stored(content_of(edition, standing, readings_chosen(dict(chosen))), as_of, district)


def _standing(key: str, as_of: date, district: str | None, own: Mapping[str, Any]) -> DatedValue:
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
