"""Checks and event of a release: due instalment, other money, completion before the plan. 二（五）, 三（二）"""

from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import components_of, facts_of, project_of, ruleset_of
from services.funding.interest_calculations import refuse_overclaimed
from services.funding.models.applications import Application
from services.funding.models.interest_claims import InterestClaim
from services.funding.models.plans import InvestmentPlan, PlanItem
from services.funding.models.releases import ReleaseRequest
from services.funding.money_bars import refuse_other_municipal_money
from services.funding.payments.payees import payee_in_force
from services.funding.rules.offers import GRANT
from services.funding.rules.releases import CONDITIONS, Instalment, instalments
from shared.contracts.funding import FundsReleased
from shared.errors import DomainError, Invalid
from shared.policy import parameter
from shared.storage.audit import hands_of
from shared.storage.session import found, locked, today
from shared.storage.versions import locked_as_read


class CompletedBeforePlan(DomainError):
    """The project was completed before its plan was issued, and no decision keeps it. 二（五）, I15"""

    status, code, title = 409, "completed_before_plan", "项目在计划下达前已完工，未作保留决定"


class InstalmentConditionUnmet(DomainError):
    """The condition of the instalment is not met (I32)."""

    status, code, title = 409, "instalment_condition", "本期拨付条件未满足"


class AlreadyRequested(DomainError):
    """A release of the project or of the statement is requested already. 三（二）"""

    status, code, title = 409, "already_requested", "已有拨付申请待审批"


async def refuse_second_request(session: AsyncSession, application: Application) -> None:
    """Raise AlreadyRequested while a request of the application is undecided."""
    waiting = select(ReleaseRequest.id).filter_by(application_id=application.id, status="requested")
    if identity := await session.scalar(waiting):
        raise AlreadyRequested("本项目已有拨付申请待审批，请先批准或驳回该申请", release_request_id=str(identity))


async def refuse_unfit(session: AsyncSession, application: Application) -> None:
    """Raise OtherMunicipalMoney, CompletedBeforePlan, NoPayee or PayeeChanging. 二（五）, 三（二）"""
    await refuse_other_municipal_money(session, application)
    await payee_in_force(session, application)
    issued_on, decision = (await session.execute(_plan_of(application))).one()
    completed_on = application.completed_on
    if completed_on is not None and issued_on is not None and completed_on <= issued_on and decision is None:
        dates = f"完工 {completed_on}，计划下达 {issued_on}（二（五））"
        raise CompletedBeforePlan(f"{dates}；如完工日期有误请更正建设状态，否则请终止拨付")


def _plan_of(application: Application) -> Select[date | None, str | None]:
    """Return the query for the plan that the project is in, or was in when the payment went out that is paid again."""
    return (
        select(InvestmentPlan.issued_on, PlanItem.completed_decision)
        .join(InvestmentPlan, InvestmentPlan.id == PlanItem.plan_id)
        .where(PlanItem.application_id == application.id, PlanItem.status.in_(("planned", "removed")))
        .order_by((PlanItem.status == "planned").desc(), PlanItem.id.desc())
        .limit(1)
    )


async def sent_back_release(session: AsyncSession, application: Application) -> ReleaseRequest | None:
    """Return the oldest payment that the bank sent back and that no other pays again; it comes before the next one."""
    again = select(ReleaseRequest.replaces_id).where(
        ReleaseRequest.application_id == application.id,
        ReleaseRequest.replaces_id.is_not(None),
        ReleaseRequest.status != "rejected",
    )
    waiting = select(ReleaseRequest).filter_by(application_id=application.id, status="returned")
    found_rows = await session.scalars(waiting.where(ReleaseRequest.id.not_in(again)).order_by(ReleaseRequest.id))
    return found_rows.first()


def payment_again(before: ReleaseRequest, claim_id: UUID | None) -> Instalment:
    """Return the instalment of a payment that the bank sent back. Raises Invalid for another claim than its own."""
    if claim_id not in (None, before.claim_id):
        raise Invalid("本次为退票后重新拨付，贴息申请沿用原拨付申请，请不填此项", field="/body/claim_id")
    return Instalment(before.instalment, before.amount_yuan, before.condition)


async def due_instalment(session: AsyncSession, application: Application, claim_id: UUID | None) -> Instalment:
    """Return the next instalment. Raises InstalmentConditionUnmet, Invalid or AlreadyRequested."""
    if application.mode != GRANT:
        return await _due_interest(session, application, claim_id)
    on, chosen = today(session), ruleset_of(session, application).interpretations["instalments"]
    planned = instalments(application.current_award_yuan, chosen, parameter("instalment_shares", on))
    due = planned[min(application.instalments_paid, len(planned) - 1)]  # fewer, if the reading changed since
    reached = application.progress is not None and application.progress >= parameter("instalment_progress", on)
    if due.condition == "at_progress" and not reached:
        share = f"{parameter('instalment_progress', on):%}"
        raise InstalmentConditionUnmet(f"工程形象进度须达到 {share}，请在季度报送更新进度后申请")
    if due.condition == "after_evaluation" and application.evaluated_on is None:
        raise InstalmentConditionUnmet("项目评价尚未完成（三（三）），请在评价签发后申请")
    number = application.instalments_paid + 1
    return Instalment(number, min(due.yuan, application.reserved_yuan), CONDITIONS[due.condition])


async def _due_interest(session: AsyncSession, application: Application, claim_id: UUID | None) -> Instalment:
    field = "/body/claim_id"
    claim = await session.get(InterestClaim, claim_id) if claim_id else None
    if claim is None or claim.application_id != application.id:
        raise Invalid("贷款贴息须凭本项目已核定的贴息申请拨付，请填写其编号", field=field)
    if not claim.amount_yuan:
        raise Invalid("该贴息申请尚未核定或核定金额为零，请先核定或改填其他贴息申请", field=field)
    paid = select(ReleaseRequest.id).where(
        ReleaseRequest.claim_id == claim.id, ReleaseRequest.status.not_in(("returned", "rejected"))
    )
    if await session.scalar(paid):
        raise AlreadyRequested("该贴息申请已申请拨付，请改填尚未拨付的贴息申请", field=field)
    await refuse_overclaimed(session, application)
    return Instalment(application.instalments_paid + 1, claim.amount_yuan, f"第{claim.number}次贴息核定")


async def locked_request(
    session: AsyncSession, request_id: UUID, if_match: str | None
) -> tuple[ReleaseRequest, Application]:
    """Return the request and its application, locked; the application first, so that two acts cannot deadlock."""
    request = await found(session, ReleaseRequest, request_id)
    application = await locked_as_read(session, Application, request.application_id, if_match)
    return await locked(session, ReleaseRequest, request_id), application


async def released_event(session: AsyncSession, application: Application, request: ReleaseRequest) -> FundsReleased:
    """Return the event that announces a paid request."""
    return FundsReleased.model_validate(
        {
            "declaration_id": application.id,
            "district": application.district,
            "applicant_uscc": application.applicant_uscc,
            "project": project_of(application),
            "release_id": request.id,
            "transfer_id": request.transfer_id,
            "instalment": request.instalment,
            "mode": application.mode,
            "amount_yuan": request.amount_yuan,
            "released_total_yuan": application.released_yuan,
            "award_yuan": application.award_yuan,
            "released_on": today(session),
            "facts": facts_of(application),
            "components": components_of(application),
            "ruleset": application.ruleset,
            "as_of": application.as_of,
            "hands": await hands_of(session, application.id),
        }
    )
