"""Endpoints by which a wrongly recorded fine or interest is withdrawn: one person asks, another decides."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.funding.api.penalties import PenaltyKey, PenaltyOut
from services.funding.corrections import locked_penalty
from shared.storage.audit import case_of, record_act
from shared.storage.session import now
from shared.text import Paragraph
from shared.web.auth import CityDesk, CityOfficer
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])


class WithdrawalRequest(BaseModel):
    """Reason for which a row should be withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="撤销理由", description="已缴款的，写明退款如何办理")


class WithdrawalDecision(BaseModel):
    """Decision on a request, with the reason."""

    model_config = ConfigDict(extra="forbid")

    withdraw: bool = Field(title="是否撤销", description="false 即不予撤销，登记照旧有效")
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/penalties/{penalty_id}/ask-withdrawal",
    name="ask_penalty_withdrawal",
    summary="提请撤销罚款或利息登记",
    description="市级人员说明理由，提请撤销登记有误的罚款或利息，由另一人决定。依据：政府投资条例第三十四条。",
)
async def ask_penalty_withdrawal(
    session: Session, actor: CityOfficer, penalty_id: PenaltyKey, body: WithdrawalRequest, if_match: IfMatch = None
) -> PenaltyOut:
    """Ask that a wrong row be withdrawn. 政府投资条例 art. 34"""
    row, application = await locked_penalty(session, penalty_id, if_match)
    row.ask_withdrawal(body.reason, actor.subject, now(session))
    detail = {"penalty_id": str(row.id)}
    await record_act(
        session, "ask_penalty_withdrawal", case_of(application), reason=body.reason, duty="record_penalty", **detail
    )
    await session.flush()
    return PenaltyOut.model_validate(row)


@router.post(
    "/v1/penalties/{penalty_id}/decide-withdrawal",
    name="decide_penalty_withdrawal",
    summary="决定是否撤销罚款或利息登记",
    description="由未登记、未提请的市级人员决定是否撤销；撤销的记录保留，正确的决定可以同一文号另行登记。"
    "依据：政府投资条例第三十四条。",
)
async def decide_penalty_withdrawal(
    session: Session, actor: CityDesk, penalty_id: PenaltyKey, body: WithdrawalDecision, if_match: IfMatch = None
) -> PenaltyOut:
    """Withdraw a wrong row, or let it stand. 政府投资条例 art. 34"""
    row, application = await locked_penalty(session, penalty_id, if_match)
    row.decide_withdrawal(body.withdraw, actor.subject, now(session))
    detail = {"penalty_id": str(row.id), "withdraw": body.withdraw}
    await record_act(
        session,
        "decide_penalty_withdrawal",
        case_of(application),
        reason=body.reason,
        duty="withdraw_penalty",
        **detail,
    )
    await session.flush()
    return PenaltyOut.model_validate(row)
