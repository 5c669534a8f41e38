"""Editions shown, compared and exported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.cli.output import Row
from deploy.cli.policy.shown import Shown
from services.eligibility.rules.reviews import reference_day
from shared.contracts.facts import Component, ProjectFacts
from shared.errors import Invalid
from shared.policy import Ruleset, readings, resolve
from shared.policy.decision_model import decision_model
from shared.policy.input_schema import input_schema
from shared.policy.parameters import DatedValue
from shared.policy.picture.outline import STRENGTHS
from shared.policy.wording import format_value

PHASES = {"declare": "申报", "evaluate": "评价"}


@dataclass(frozen=True, slots=True)
class Terms:
    """Day, district and readings under which rules are read."""

    day: date
    district: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)

    def of_edition(self, edition: str) -> Ruleset:
        """Return an edition's rules on the day, brought within the days on which it is in force. Raises Invalid."""
        try:
            day, _ = reference_day(self.day, edition)
        except Invalid as unknown:
            raise Invalid(f"edition: {unknown.detail}") from None
        return resolve(day, self.district, self.readings)

    def in_force(self) -> Ruleset:
        """Return the rules in force on the day. Raises NoEditionInForce."""
        return resolve(self.day, self.district, self.readings)


def shown_edition(edition: str, terms: Terms) -> Shown:
    """Return rules by clause, parameters and readings of an edition."""
    ruleset = terms.of_edition(edition)
    rules, figures = list(_rules(ruleset)), list(_figures(ruleset))
    chosen = list(_chosen(ruleset))
    head = f"{ruleset.doc_no} {ruleset.content['title']}（{ruleset.as_of}，规则集 {ruleset.hash[:16]}）"
    value = {"edition": ruleset.edition, "doc_no": ruleset.doc_no, "as_of": ruleset.as_of, "ruleset": ruleset.hash}
    tables = {"rules": rules, "parameters": figures, "readings": chosen}
    sections = ((f"{head}\n规则", rules), ("参数", figures), ("口径", chosen))
    return Shown({**value, **tables}, sections)


def differences(before: str, after: str, terms: Terms) -> Shown:
    """Return what differs between two editions: rules, inputs, parameters and amounts, each on its own days."""
    old, new = terms.of_edition(before), terms.of_edition(after)
    tables = {
        "rules": list(_changes(_by_key(_rules(old), "rule"), _by_key(_rules(new), "rule"))),
        "inputs": list(_changes(_inputs(old), _inputs(new))),
        "parameters": list(_changes(_by_key(_figures(old), "key"), _by_key(_figures(new), "key"))),
        "amounts": list(_changes(dict(old.content["amounts"]), dict(new.content["amounts"]))),
    }
    days = {name: f"{ruleset.doc_no}（{ruleset.as_of}）" for name, ruleset in (("before", old), ("after", new))}
    heads = {"rules": "规则", "inputs": "输入", "parameters": "参数", "amounts": "支持金额"}
    title = f"{days['before']} → {days['after']}"
    return Shown({**days, **tables}, tuple((f"{title} {heads[name]}", rows) for name, rows in tables.items() if rows))


def exported(edition: str, form: str, terms: Terms) -> Shown:
    """Return the JSON Schema of an edition's inputs, or its rules as JDM."""
    ruleset = terms.of_edition(edition)
    if form == "jdm":
        return Shown(decision_model(ruleset), ())
    return Shown(input_schema(ruleset, ProjectFacts.model_fields, Component.model_fields), ())


def _rules(ruleset: Ruleset) -> Iterator[Row]:
    for rule in ruleset.rules.values():
        written = ruleset.content["rules"][rule.id]
        yield {
            "clause": rule.clause,
            "rule": rule.id,
            "label": rule.label,
            "phase": PHASES[rule.phase],
            "strength": STRENGTHS[rule.strength] or "必须满足",
            "applies": " ".join(str(written.get("applies", "")).split()),
            "when": " ".join(str(written["when"]).split()),
            "quote": rule.quote,
        }


def _figures(ruleset: Ruleset) -> Iterator[Row]:
    for key, dated in sorted(ruleset.parameters.items()):
        yield {
            "key": key,
            "label": dated.label,
            "value": None if dated.value is None else format_value(dated.value, dated.unit),
            "from": dated.valid_from.isoformat(),
            "source": _source(dated),
        }


def _source(dated: DatedValue) -> str:
    return dated.ref or dated.source or dated.note


def _chosen(ruleset: Ruleset) -> Iterator[Row]:
    for key, option in ruleset.interpretations.items():
        known = readings()[key]
        yield {"id": known.id, "key": key, "question": known.question, "option": option, "means": known.options[option]}


def _inputs(ruleset: Ruleset) -> dict[str, Any]:
    return {name: {"label": item["label"], **item} for name, item in ruleset.content["inputs"].items()}


def _by_key(rows: Iterator[Row], key: str) -> dict[str, Row]:
    return {str(row[key]): row for row in rows}


def _changes(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a row for each entry that one side alone has, and for each field in which both differ."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            kept = old or new or {}
            row = {"key": key, "clause": kept.get("clause", ""), "change": "删去" if new is None else "新增"}
            yield {**row, "field": "", "before": old and _summary(old), "after": new and _summary(new)}
            continue
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                row = {"key": key, "clause": new.get("clause", ""), "change": "修改", "field": name}
                yield {**row, "before": old.get(name), "after": new.get(name)}


def _summary(entry: Mapping[str, Any]) -> str:
    told = [str(entry[name]) for name in ("label", "when", "value") if entry.get(name) is not None]
    return "：".join(told)
