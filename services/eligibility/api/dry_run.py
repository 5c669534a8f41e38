"""HTTP for anybody: would this project qualify, what is missing and from whom, and what support could it get (二)."""

from collections.abc import Callable, Coroutine
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.api.shapes import AwardOut, DecisionOut, decision_out
from services.eligibility.rules.dry_run import Loan, dry_run, grant_of, interest_of
from services.eligibility.rules.reviews import Judgement
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import DistrictCode
from shared.money import Money, Ratio
from shared.runtime import Instance
from shared.web.bodies import bounded
from shared.web.parameters import KnownParametersRoute

MOST_BYTES = 256 * 1024


class BoundedRoute(KnownParametersRoute):
    """A route open to anybody, which therefore reads no more than so much."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def within_bounds(request: Request) -> Response:
            return await handle(bounded(request, MOST_BYTES))

        return within_bounds


router = APIRouter(route_class=BoundedRoute, tags=["政策自测"])


class LoanIn(BaseModel):
    """A loan as planned, for an estimate of the interest subsidy."""

    model_config = ConfigDict(extra="forbid")

    principal_yuan: Money = Field(title="贷款本金（元）")
    rate: Ratio = Field(title="合同年利率", description="小数，如 0.0345")
    years: Annotated[int, Field(title="原期限（年）", ge=1, le=40)]


class DryRunIn(BaseModel):
    """A project that somebody wonders about. What is left out is unknown."""

    model_config = ConfigDict(extra="forbid")

    facts: ProjectFacts
    as_of: date | None = Field(
        None,
        title="按哪一天的政策",
        description="缺省为受理日期，再缺省为今天",
        ge=date(1990, 1, 1),
        le=date(2100, 12, 31),
    )
    district: DistrictCode | None = None
    loan: LoanIn | None = Field(None, title="贷款")


class SupportOut(BaseModel):
    """Both kinds of support; a project may ask for one of them. 二（四）"""

    investment_grant: AwardOut | None
    interest_subsidy: AwardOut


class DryRunOut(DecisionOut):
    """The explained decision and both amounts where they can be told. Nothing is kept."""

    support: SupportOut


@router.post("/v1/dry-run", name="dry_run_declaration")
async def dry_run_declaration(request: Request, wanted: DryRunIn) -> DryRunOut:
    """Try a project against the policy: no sign-in, nothing stored. Standards that districts entered are not read."""
    instance: Instance = request.app.state.instance
    district = {"district": wanted.district} if wanted.district else {}
    facts = wanted.facts.model_copy(update=district)
    as_of = wanted.as_of or facts.accepted_on or instance.clock.today()
    judged = dry_run(facts, as_of, instance.settings.interpretations)
    return DryRunOut(**decision_out(judged.decision, judged.summary), support=_support(judged, wanted.loan, as_of))


def _support(judged: Judgement, loan: LoanIn | None, as_of: date) -> SupportOut:
    components = judged.decision.facts.get("components", ())
    given = grant_of(components, judged.ruleset) if judged.ruleset else None
    planned = Loan(loan.principal_yuan, loan.rate, Decimal(loan.years)) if loan else None
    return SupportOut(
        investment_grant=AwardOut.model_validate(given) if given else None,
        interest_subsidy=AwardOut.model_validate(interest_of(planned, as_of)),
    )
