"""Projects of a file judged under changed rules, beside those in force; a curve over one parameter."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.cli.output import Row
from deploy.cli.policy.commands import pairs
from deploy.cli.policy.facts_file import read_facts
from deploy.cli.policy.rules import Terms
from deploy.cli.policy.shown import Shown
from services.eligibility.rules.what_if import patch_of
from shared.errors import Invalid
from shared.policy import Ruleset, simulate
from shared.policy.table import frame_of

MOST_POINTS: Final = 200
WORDS: Final = {"eligible": "符合", "ineligible": "不符合", "undetermined": "待定"}


def simulated(file: Path, changes: Sequence[str] | None, readings: Sequence[str] | None, terms: Terms) -> Shown:
    """Judge the projects under the changes and compare. Raises Unreadable, Invalid naming the option."""
    ruleset = terms.in_force()
    patch = _patch(pairs(list(changes or ()), "--set"), pairs(list(readings or ()), "--reading"), ruleset)
    result = simulate(frame_of(_facts(file, terms), ruleset), ruleset, patch)
    after = result.after or result.before
    sections = (
        (
            f"{ruleset.doc_no}（{terms.day}），受影响的规则：{'、'.join(result.touched) or '无'}",
            _totals(result.before, after),
        ),
        ("改动前后", [_moved(cell) for cell in result.cross if cell["count"]]),
        ("改动后常见的不符条件", [_blocking(entry) for entry in after["blocking"]]),
    )
    return Shown(result.to_json(), tuple(section for section in sections if section[1]))


def curve_of(file: Path, text: str, terms: Terms) -> Shown:
    """Judge the projects at each value of one parameter. Raises Unreadable, Invalid naming the option."""
    key, _, listed = text.partition("=")
    values = [value.strip() for value in listed.split(",") if value.strip()]
    if not key.strip() or not 0 < len(values) <= MOST_POINTS:
        raise Invalid(f"--curve：写作 key=15000,20000,25000，一至 {MOST_POINTS} 个数值")
    ruleset = terms.in_force()
    frame = frame_of(_facts(file, terms), ruleset)
    points = [_point(value, frame, ruleset, key.strip()) for value in values]
    return Shown({"parameter": key.strip(), "points": points}, ((ruleset.parameters[key.strip()].label, points),))


def _point(value: str, frame: Any, ruleset: Ruleset, key: str) -> Row:
    result = simulate(frame, ruleset, _patch({key: value}, {}, ruleset))
    after = result.after or result.before
    return {"value": value, **after["counts"], **{f"{name}_yuan": yuan for name, yuan in after["budget_yuan"].items()}}


def _facts(file: Path, terms: Terms) -> list[dict[str, Any]]:
    return [{"accepted_on": terms.day.isoformat(), **facts} for facts in read_facts(file)]


def _patch(changes: Mapping[str, str], readings: Mapping[str, str], ruleset: Ruleset) -> dict[str, Any]:
    """Return the changed parameters and readings. Raises Invalid naming the option for an unknown or wrong one."""
    words = {key for key, kind in ruleset.vocabulary.parameters.items() if kind == "words"}
    parameters = {key: value.split(",") if key in words else value for key, value in changes.items()}
    try:
        return patch_of(parameters, readings, ruleset)
    except Invalid as wrong:
        raise Invalid(f"--set、--reading：{wrong.detail}") from None
    except ArithmeticError:
        raise Invalid(f"--set：数值须为十进制数，现为 {'、'.join(changes.values())}") from None


def _totals(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Row]:
    names = {"改动前": before, "改动后": after}
    return [
        {
            "": name,
            **{WORDS[word]: count for word, count in side["counts"].items()},
            "确定金额（元）": side["budget_yuan"]["certain"],
            "可能金额（元）": side["budget_yuan"]["possible"],
        }
        for name, side in names.items()
    ]


def _moved(cell: Mapping[str, Any]) -> Row:
    return {
        "改动前": WORDS[cell["before"]],
        "改动后": WORDS[cell["after"]],
        "项目数": cell["count"],
        "改动前金额（元）": cell["award_before_yuan"],
        "改动后金额（元）": cell["award_after_yuan"],
    }


def _blocking(entry: Mapping[str, Any]) -> Row:
    return {"条款": entry["clause"], "条件": entry["label"], "不符项目": entry["refused"], "仅此一项": entry["alone"]}
