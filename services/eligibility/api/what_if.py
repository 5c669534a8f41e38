"""HTTP of what-if: a number or a reading changed, the whole library judged again in the moment (四（一）2)."""

from asyncio import to_thread
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
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
from services.eligibility.standards import standards_by_district
from services.eligibility.what_if import population_of
from shared.contracts.library import DistrictCode
from shared.districts import DISTRICTS
from shared.policy import Ruleset, interpretations, resolve
from shared.policy.ruleset import Amount, Rule
from shared.storage.session import settings_of, today
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["政策测算"])
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,14}(\.[0-9]{1,6})?$")]
Words = Annotated[list[Key], Field(max_length=20)]
Answer = Literal["eligible", "ineligible", "undetermined"]


class WhatIfIn(BaseModel):
    """What is changed. Numbers as decimal strings, shares as 0 to 1; word lists as lists."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[Key, Number | Words] = Field(
        default_factory=dict, max_length=20, title="参数", examples=[{"building_renovated_area_m2": "10000"}]
    )
    interpretations: dict[Key, Key] = Field(default_factory=dict, max_length=20, title="口径")
    as_of: date | None = Field(None, title="按哪一天的政策", ge=date(2021, 1, 1), le=date(2100, 12, 31))
    districts: list[DistrictCode] = Field(default_factory=list, max_length=17, title="范围；空为全市")


class Cell(BaseModel):
    """How many went from one answer to another, and the yuan they would get."""

    before: Answer
    after: Answer
    count: int
    award_before_yuan: str
    award_after_yuan: str


class Moved(BaseModel):
    """A project whose answer turned to or from eligible."""

    id: UUID
    origin: Literal["declaration", "library"]
    project_name: str
    district: str
    before: Answer
    after: Answer
    award_before_yuan: str | None
    award_after_yuan: str | None


class Movement(BaseModel):
    """How many moved, and the first of them."""

    count: int
    projects: list[Moved]


class Interval(BaseModel):
    """Certain: to eligible projects. Possible: with the undetermined ones."""

    certain_yuan: str
    possible_yuan: str


class DistrictMoment(Interval):
    eligible: int
    undetermined: int


class DistrictLine(BaseModel):
    """One district before and after."""

    district: str
    before: DistrictMoment
    after: DistrictMoment


class Blocking(BaseModel):
    """A condition, how many it refuses, and how many it alone refuses."""

    rule: str
    clause: str
    label: str
    refused: int
    alone: int


class Touched(BaseModel):
    """A rule or amount that the change can reach."""

    rule: str
    clause: str
    label: str


class WhatIfOut(BaseModel):
    """The population under the rules as they are and as changed. A calculation: nothing is decided by it."""

    as_of: date
    edition: str
    rulesets: list[str]
    declarations: int
    library: int
    touched: list[Touched]
    table: list[Cell]
    gained: Movement
    lost: Movement
    before: Interval
    after: Interval
    by_district: list[DistrictLine]
    blocking_before: list[Blocking]
    blocking_after: list[Blocking]


@router.post("/v1/what-if", name="run_what_if")
async def run_what_if(request: Request, session: ReadSession, actor: CityOfficer, wanted: WhatIfIn) -> WhatIfOut:
    """Judge every declaration before the city and the whole reserve library again under changed numbers or readings."""
    as_of, state = wanted.as_of or today(session), request.app.state
    readings = interpretations(settings_of(session).interpretations)
    groups = await _groups(session, as_of, wanted.districts or list(DISTRICTS))
    patch = patch_of(wanted.parameters, wanted.interpretations, groups[0].ruleset)
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
            "touched": [_touched(key, ruleset) for key in result.affected_rules()],
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
    """The districts by rule set, each under its own standards of the day. Raises NoEditionInForce."""
    readings = settings_of(session).interpretations
    standards = await standards_by_district(session, as_of)
    return group_districts({code: resolve(as_of, code, readings, standards.get(code)) for code in districts})


def _touched(key: str, ruleset: Ruleset) -> Touched:
    named: Rule | Amount = ruleset.rules[key] if key in ruleset.rules else ruleset.amounts[key]
    return Touched(rule=key, clause=named.clause, label=named.label)


def _movement(moved: list[dict[str, object]]) -> dict[str, object]:
    return {"count": len(moved), "projects": moved[:MAX_LISTED]}
