"""Endpoint that compares both support modes of an application. 二（四）"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, YUAN, ApplicationKey, ReadingUsed, Shape
from services.funding.applications import ruleset_of
from services.funding.models.applications import Application
from services.funding.offers import support_offers
from services.funding.rules.code_lists import LprTenor
from services.funding.rules.offers import Offer
from shared.contracts.library import LABELS, SupportMode
from shared.days import LoanDay
from shared.errors import Invalid
from shared.money import Money, Ratio
from shared.policy.interest_estimate import PlannedLoan
from shared.storage.session import found, today
from shared.web.auth import Official
from shared.web.idempotency import ActRoute, ReadSession

router = APIRouter(route_class=ActRoute, tags=["批复"])


class OfferOut(Shape):
    """Amounts of one support mode with derivation and the readings used."""

    mode: SupportMode = Field(title="支持方式")
    mode_label: str = Field("", title="支持方式名称")
    clause: str = Field(title="依据条款")
    base_yuan: Money | None = Field(title="投资（贷款）基数", description=YUAN)
    uncapped_yuan: Money | None = Field(title="按比例（利率）计算数", description=YUAN)
    award_yuan: Money | None = Field(title="可支持金额", description=f"{YUAN}；缺少事实时为空")
    cap_yuan: Money | None = Field(title="单个项目支持上限", description=YUAN)
    present_value_yuan: Money | None = Field(
        title="贴息现值", description=f"{YUAN}；按测算日的一年期LPR折现，投资补助为空"
    )
    cap_reached_in: date | None = Field(title="达到上限的月份", description="该月首日；未达到上限或投资补助为空")
    lines: list[str] = Field(title="计算过程")
    missing: list[str] = Field(title="缺少的事实")
    readings: list[ReadingUsed] = Field(title="所用口径", description="政策未明确处所采用的口径")


class ModeComparison(BaseModel):
    """Offers of both modes, of which exactly one can be approved. 二（四）"""

    application_id: UUID = Field(title="资金申请编号")
    clause: str = Field("二（四）", title="依据条款")
    ruleset: str = Field(title="规则版本", description="计算所依据规则的指纹")
    as_of: date = Field(title="规则适用日期", description=DATE)
    same_rules_as_assessed: bool = Field(title="是否与评审时规则相同")
    investment_grant: OfferOut = Field(title="投资补助")
    interest_subsidy: OfferOut = Field(title="贷款贴息")
    higher: SupportMode | None = Field(title="金额较高的方式", description="任一金额未确定时为空")


@router.get(
    "/v1/applications/{application_id}/comparison",
    name="compare_modes",
    summary="比较支持方式",
    description="各级工作人员比较投资补助与贷款贴息的可支持金额和计算过程。未登记贷款合同时，可用查询参数给出贷款计划试算。依据：二（四）。",
)
async def compare_modes(
    session: ReadSession,
    actor: Official,
    application_id: ApplicationKey,
    principal_yuan: Annotated[Money | None, Query(gt=0, title="计划贷款本金", description=YUAN)] = None,
    annual_rate: Annotated[Ratio | None, Query(title="计划年利率", description="小数，0.0390 即 3.90%")] = None,
    term_months: Annotated[int, Query(ge=1, le=600, title="计划贷款期限", description="单位：月")] = 60,
    tenor: Annotated[LprTenor | None, Query(title="LPR 期限", description="1Y 一年期，5Y 五年期以上")] = None,
    drawn_on: Annotated[LoanDay | None, Query(title="计划放款日期", description=f"{DATE}；不填即今日")] = None,
) -> ModeComparison:
    """Return the offers of both modes; the planned loan counts only while no contract is registered. 二（四）"""
    application = await found(session, Application, application_id)
    plan = None
    if principal_yuan is not None and annual_rate is not None:
        start = _within_series(drawn_on or today(session))
        plan = PlannedLoan("贷款计划", principal_yuan, annual_rate, term_months, tenor, start)
    return _comparison(session, application, await support_offers(session, application, plan))


def _within_series(drawn_on: LoanDay) -> date:
    if not 2019 <= drawn_on.year <= 2100:
        raise Invalid("放款日期须在 2019 年至 2100 年之间，例如 2024-06-30", field="/query/drawn_on")
    return drawn_on


def _comparison(session: AsyncSession, application: Application, both: dict[str, Offer]) -> ModeComparison:
    known = {mode: offer.award_yuan for mode, offer in both.items() if offer.award_yuan is not None}
    ruleset = ruleset_of(session, application)
    shapes: dict[str, Any] = {
        mode: OfferOut.model_validate(offer).model_copy(update={"mode_label": LABELS[mode]})
        for mode, offer in both.items()
    }
    return ModeComparison(
        application_id=application.id,
        ruleset=ruleset.hash,
        as_of=application.as_of,
        same_rules_as_assessed=application.ruleset in (ruleset.hash, ruleset.hash[:12]),
        higher=max(known, key=lambda mode: known[mode]) if len(known) == 2 else None,
        **shapes,
    )
