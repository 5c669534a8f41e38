"""HTTP of the public dry run: eligibility, missing information, possible support (二)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal

from fastapi import APIRouter, Request

from services.eligibility.programmes import programmes_in_force
from services.eligibility.rules.dry_run import Loan, dry_run, grant_of, interest_of
from services.eligibility.rules.reviews import Judgement
from services.eligibility.schemas.assessments import SupportAmountOut, decision_out
from services.eligibility.schemas.dry_run import (
    DryRunIn,
    DryRunOut,
    InterestEstimateOut,
    LoanIn,
    OwnSupportOut,
    SupportOut,
    TriedFacts,
)
from shared.actors import system_actor
from shared.audiences import PUBLIC
from shared.runtime import Instance
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["政策自测"])


@router.post(
    "/v1/dry-run",
    name="dry_run_declaration",
    summary="政策自测",
    description=(
        "任何人填写项目情况，测算是否符合条件、尚缺哪些信息、两种支持方式的金额估算；"
        "无需登录，不保存任何内容，不读取区级标准。依据：二、二（四）。"
    ),
)
async def dry_run_declaration(request: Request, body: DryRunIn) -> DryRunOut:
    """Assess a project without sign-in and without storing anything; district standards are not read. 二"""
    async with tried(request, body) as (judged, as_of):
        told = decision_out(judged.decision, judged.summary)
        own = await _own_support(request, judged, as_of)
        return DryRunOut(**told, support=_support(judged, body.loan, as_of), own_support=own)


@asynccontextmanager
async def tried(request: Request, body: DryRunIn) -> AsyncIterator[tuple[Judgement, date]]:
    """Judge a project by the figures of today; yield the judgement and the day of its rules while they are read."""
    instance: Instance = request.app.state.instance
    facts = body.facts
    if body.district:
        facts = TriedFacts.model_validate({**facts.model_dump(), "district": body.district})
    as_of = body.as_of or facts.accepted_on or instance.clock.today()
    async with instance.database.reading(PUBLIC):
        yield dry_run(facts, as_of, instance.settings.interpretations), as_of


async def _own_support(request: Request, judged: Judgement, on: date) -> list[OwnSupportOut]:
    """Return what the project's district grants itself on a day; nothing without a district. 四（二）3"""
    district, instance = judged.decision.district, request.app.state.instance
    if district is None:
        return []
    async with instance.database.session(system_actor(instance.database.service)) as session:
        rows = await programmes_in_force(session, on, district, judged.decision.facts.get("project_type"))
        return [OwnSupportOut.model_validate(row) for row in rows]


def _support(judged: Judgement, loan: LoanIn | None, as_of: date) -> SupportOut:
    given = grant_of(judged.decision.facts, judged.ruleset) if judged.ruleset else None
    planned = Loan(loan.principal_yuan, loan.rate, Decimal(loan.years)) if loan else None
    chosen = judged.decision.interpretations
    return SupportOut(
        investment_grant=SupportAmountOut.model_validate(given) if given else None,
        interest_subsidy=InterestEstimateOut.model_validate(interest_of(planned, as_of, chosen)),
    )
