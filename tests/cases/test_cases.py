"""The regression suite: every row of the YAML files of this folder gives what it expects (README.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from shared.policy import Ruleset, grant, resolve, simulate
from shared.policy.errors import NotForTables
from shared.policy.table import frame_of
from tests.cases.form import GIVEN, STEP, Row, at, changed, differences, like, rows, rows_of
from tests.cases.prepared import PREPARED
from tests.funding.interest.projects import calculated, drawn, interest, line
from tests.shared.policy.worked_cases import ANSWERS, case_of
from tests.world import World


def judged(row: Row) -> dict[str, Any]:
    """Return what both evaluators find; they must agree."""
    case = case_of(row)
    decision = case.judge()
    assert case.judge_in_table() is ANSWERS[decision.decision], "the table evaluator finds another decision"
    found = decision.to_json()
    return {**found, "rules": {finding.rule: finding.outcome for finding in decision.findings}}


def granted(row: Row) -> dict[str, Any]:
    facts = row.facts()
    ruleset = resolve(facts["accepted_on"], interpretations=row.given.get("under", {}))
    found = grant(facts["components"], ruleset, project_type=facts.get("project_type"))
    assert _granted_in_table(facts, ruleset) in (found.award, "not for tables")
    amounts = {name: getattr(found, name) for name in ("uncapped", "award", "excluded")}
    told = {f"{name}_yuan": None if yuan is None else f"{yuan:.2f}" for name, yuan in amounts.items()}
    return {**told, "lines": list(found.lines)}


def _granted_in_table(facts: dict[str, Any], ruleset: Ruleset) -> Decimal | str | None:
    try:
        found = simulate(frame_of([facts], ruleset), ruleset).rows["award_fen"].to_list()[0]
    except NotForTables:
        return "not for tables"
    return None if found is None else Decimal(found) / 100


def subsidised(row: Row) -> dict[str, Any]:
    told = row.given["statement"]
    months = 36 if told["tenor"] == "1Y" else 120
    loan = drawn(told["from"], annual_rate=Decimal(told["rate"]), original_term_months=months)
    found = calculated([line(told["from"], told["to"], told["rate"])], [loan])
    days = (told["to"] - told["from"]).days + 1
    bank = interest(told["from"], told["to"], told["rate"])
    return {"days": days, "bank_interest": str(bank), "subsidy": str(found.payable_yuan)}


PURE: Final[Mapping[str, Callable[[Row], Mapping[str, Any]]]] = {
    "declaration": judged,
    "targets": judged,
    "grant": granted,
    "interest": subsidised,
}
SERVED: Final = ("dry_run", "request")


def named(places: Mapping[str, Any] | tuple[str, ...]) -> list[Any]:
    return [pytest.param(row, id=f"{row.place} {row.title}") for row in rows_of(*places) if "error" not in row.expect]


@pytest.mark.parametrize("row", named(PURE))
def test_a_row_is_judged_and_calculated_as_it_expects(row: Row) -> None:
    found = PURE[row.where](row)
    wanted = {
        f"rules.{rule}": outcome for rule, outcome in row.expect.get("rules", {}).items()
    } | {path: value for path, value in row.expect.items() if path != "rules"}  # fmt: skip
    assert differences(found, wanted) == []


async def test_every_dry_run_answers_as_its_row_expects(world: World) -> None:
    wrong = {}
    for row in rows_of("dry_run"):
        world.settings.interpretations = row.given.get("under", {})
        body = {"facts": row.facts(), **row.given.get("with", {})}
        answer = await world.call("eligibility", "POST", "/v1/dry-run", None, body)
        found = differences({**answer.json(), "http": answer.status_code}, _with_status(row.given, row.expect))
        if found:
            wrong[f"{row.place} {row.title}"] = found
    assert wrong == {}


@pytest.mark.parametrize("row", named(("request",)))
async def test_the_services_answer_as_a_row_expects(row: Row, world: World) -> None:
    world.settings.interpretations = row.given.get("under", {})
    if "at" in row.given:
        world.clock.set(datetime.combine(row.given["at"], datetime.min.time(), UTC).replace(hour=2))
    names = dict(await PREPARED[row.given.get("world", "empty")](world))
    for number, step in enumerate(row.given["steps"], 1):
        found = await _done(world, step, names)
        assert differences(found, _with_status(step, step.get("expect", {}))) == [], f"step {number}: {found}"
        names |= {name: _kept(found, path) for name, path in step.get("keep", {}).items()}
        await world.settle()


def _kept(found: Any, path: str) -> str:
    value = at(found, path)
    assert value is not None, f"nothing at {path}: {found}"
    return str(value)


def test_every_row_has_the_form() -> None:
    wrong = [row.place for row in rows() if row.given.keys() - GIVEN[row.where] or not _readable(row)]
    wrong += [row.place for row in rows_of("request") for step in row.given["steps"] if step.keys() - STEP]
    assert wrong == []


def test_no_two_rows_of_a_file_have_the_same_title() -> None:
    titles = [(row.place.split()[0], row.where, row.title) for row in rows()]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []


def _readable(row: Row) -> bool:
    """Return whether a title is written in Chinese and the row expects something."""
    expects = row.expect or any(step.get("expect") or step.get("status") for step in row.given.get("steps", ()))
    return any("一" <= sign <= "龥" for sign in row.title) and bool(row.clause) and bool(expects)


def _with_status(given: Mapping[str, Any], expect: Mapping[str, Any]) -> dict[str, Any]:
    return {"http": given.get("status", 200), **expect}


async def _done(world: World, step: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    service, method, path = step["call"].split(" ", 2)
    who = world.owner() if step.get("as") == "owner" else step.get("as")
    headers: dict[str, Any] = {name.replace("-", "_"): str(value) for name, value in step.get("headers", {}).items()}
    answer = await world.call(service, method, path.format(**names), who, _body(step, names), **headers)
    told = answer.json() if "json" in answer.headers.get("content-type", "") else {"text": answer.text}
    return {**(told if isinstance(told, dict) else {"items": told}), "http": answer.status_code}


def _body(step: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    if "text" in step:
        return step["text"].encode(step.get("encoding", "utf-8"))
    return _filled(step.get("body"), names)


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a body with the samples that `like` names and with the names that earlier steps kept."""
    match value:
        case {"like": name}:
            return _filled(changed(like(name), value), names)
        case dict():
            return {key: _filled(item, names) for key, item in value.items()}
        case list():
            return [_filled(item, names) for item in value]
        case str() if value.startswith("{") and value.endswith("}") and value[1:-1] in names:
            return names[value[1:-1]]
    return value
