"""HTTP of what-if: changed parameters or readings, all projects assessed again (四（一）2)."""

from asyncio import to_thread
from datetime import date

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.rules.what_if import (
    MAX_LISTED,
    Group,
    Population,
    WhatIfResult,
    group_districts,
    patch_of,
    run,
)
from services.eligibility.schemas.what_if import (
    AffectedRuleOut,
    WhatIfIn,
    WhatIfOut,
)
from services.eligibility.standards import standards_by_district
from services.eligibility.what_if import population_of
from shared.districts import DISTRICTS
from shared.policy import Ruleset, interpretations, resolve
from shared.policy.ruleset import Amount, Rule
from shared.storage.session import settings_of, today
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["政策测算"])


@router.post(
    "/v1/what-if",
    name="run_what_if",
    summary="政策测算",
    description=(
        "市发展改革委经办改动参数或口径，对全部在审申报和储备库项目重新判定，"
        "给出改动前后的项目数和金额区间；只作测算，不改变任何记录。依据：四（一）2。"
    ),
)
async def run_what_if(request: Request, session: ReadSession, actor: CityOfficer, body: WhatIfIn) -> WhatIfOut:
    """Assess all projects under changed parameters or readings; nothing is stored. 四（一）2"""
    as_of, state = body.as_of or today(session), request.app.state
    readings = interpretations(settings_of(session).interpretations)
    groups = await _groups(session, as_of, body.districts or list(DISTRICTS))
    patch = patch_of(body.parameters, body.interpretations, groups[0].ruleset)
    population = await population_of(session, getattr(state, "population", None), readings)
    state.population = population
    return _answer(as_of, population, groups, await to_thread(run, population, groups, patch))


def _answer(as_of: date, population: Population, groups: list[Group], result: WhatIfResult) -> WhatIfOut:
    ruleset = groups[0].ruleset
    judged = [population.subjects[position].origin for position in result.rows["position"]]
    return WhatIfOut.model_validate(
        {
            "as_of": as_of,
            "edition": ruleset.edition,
            "rulesets": [group.ruleset.hash for group in groups],
            "declarations": judged.count("declaration"),
            "library": judged.count("library"),
            "touched": [_affected_rule(key, ruleset) for key in result.affected_rules()],
            "table": result.table(),
            "gained": _movement(result.changed_projects(gained=True)),
            "lost": _movement(result.changed_projects(gained=False)),
            "before": result.award_interval(),
            "after": result.award_interval("_after"),
            "by_district": result.by_district(),
            "blocking_before": result.blocking(after=False),
            "blocking_after": result.blocking(after=True),
        }
    )


async def _groups(session: AsyncSession, as_of: date, districts: list[str]) -> list[Group]:
    """Return the districts grouped by rule set, with their standards in force. Raises NoEditionInForce."""
    readings = settings_of(session).interpretations
    standards = await standards_by_district(session, as_of)
    return group_districts({code: resolve(as_of, code, readings, standards.get(code)) for code in districts})


def _affected_rule(key: str, ruleset: Ruleset) -> AffectedRuleOut:
    named: Rule | Amount = ruleset.rules[key] if key in ruleset.rules else ruleset.amounts[key]
    return AffectedRuleOut(rule=key, clause=named.clause, label=named.label)


def _movement(moved: list[dict[str, object]]) -> dict[str, object]:
    return {"count": len(moved), "projects": moved[:MAX_LISTED]}
