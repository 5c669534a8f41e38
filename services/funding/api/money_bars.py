"""Endpoints by which officers settle, lift and raise the bars of other municipal money. 二（五）"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import TIME, ApplicationKey, Shape
from services.funding.models.applications import Application
from services.funding.models.money_bars import OPEN, MoneyBar
from services.funding.models.public_money import PublicMoney
from services.funding.money_bars import announce, end_bar, open_bars, raise_bar
from services.funding.rules.code_lists import MONEY_BAR_BASES, MONEY_BAR_STATUSES, MoneyBarBasis, MoneyBarStatus
from shared.audiences import Handler, Internal
from shared.errors import Duplicate, NotFound, WrongStatus
from shared.storage.audit import case_of, record_act, take_duty
from shared.storage.session import locked, now
from shared.storage.versions import locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityDesk, CityOfficer
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["其他财政资金与金融支持"])
Evidence = Annotated[Paragraph, Field(title="证据", description="所依据的材料及其内容，最多 4000 字")]
DocumentNo = Annotated[Line, Field(title="依据文号或材料名称", description="如 主管部门复函的文号，最多 200 字")]


class MoneyBarOut(Shape):
    """Bar on support by other municipal money; the entry itself is read in the register by those who may."""

    id: UUID = Field(title="不予支持事项编号")
    application_id: UUID = Field(title="资金申请编号")
    money_id: UUID = Field(title="财政资金记录编号")
    basis: MoneyBarBasis = Field(title="比对依据")
    basis_label: str = Field("", title="比对依据名称")
    status: MoneyBarStatus = Field(title="状态")
    status_label: str = Field("", title="状态名称")
    evidence: Internal = Field(title="提出依据", description="仅工作人员可见")
    raised_by: Handler = Field(title="登记人")
    raised_at: datetime = Field(title="提出时间", description=TIME)
    settled_by: Handler = Field(title="认定人或提请解除人")
    settled_at: datetime | None = Field(title="认定或提请时间", description=TIME)
    settlement: Internal = Field(title="认定或提请解除的证据", description="仅工作人员可见")
    settlement_document_no: Internal = Field(title="依据文号或材料名称", description="仅工作人员可见")
    decided_by: Handler = Field(title="决定人")
    decided_at: datetime | None = Field(title="决定时间", description=TIME)
    decision_reason: Internal = Field(title="决定理由", description="仅工作人员可见")

    def model_post_init(self, context: object) -> None:
        self.basis_label, self.status_label = MONEY_BAR_BASES[self.basis], MONEY_BAR_STATUSES[self.status]


class NewMoneyBar(BaseModel):
    """Entry of the register and the evidence that its money went to the works of the project."""

    money_id: UUID = Field(title="财政资金记录编号")
    evidence: Evidence


@router.post(
    "/v1/applications/{application_id}/raise-money-bar",
    status_code=201,
    name="raise_money_bar",
    summary="提出不予支持事项",
    description="市级人员凭新的证据认为某项其他市级财政性资金用于本项目的，提出不予支持事项；已解除的可据新证据再次提出。依据：二（五）。",
)
async def raise_money_bar(
    session: Session,
    actor: CityOfficer,
    application_id: ApplicationKey,
    body: NewMoneyBar,
    response: Response,
    if_match: IfMatch = None,
) -> MoneyBarOut:
    """Raise a bar on evidence, also one that was lifted before. 二（五）"""
    money = await locked(session, PublicMoney, body.money_id)  # before the application, as its withdrawal does
    application = await locked_as_read(session, Application, application_id, if_match)
    if money.kind != "other_municipal" or money.withdrawn_at is not None:
        raise WrongStatus("该记录不是有效的其他市级财政性资金，请核对财政资金记录编号", field="/body/money_id")
    if await open_bars(session, MoneyBar.application_id == application.id, MoneyBar.money_id == money.id):
        raise Duplicate("该记录对本项目已有未解除的事项，请先认定或解除", field="/body/money_id")
    await take_duty(session, application.id, "register_money")
    bar = await raise_bar(session, application, money, "declaration", body.evidence, actor.subject)
    response.headers["location"] = f"/v1/applications/{application.id}"
    return MoneyBarOut.model_validate(bar)


class MoneyBarSettlement(BaseModel):
    """Finding whether the money went to the same works, with its evidence."""

    bar_id: UUID = Field(title="不予支持事项编号")
    same_works: bool = Field(title="是否同一工程", description="true 为同一工程，不予支持；false 为另一工程")
    evidence: Evidence
    document_no: DocumentNo


@router.post(
    "/v1/applications/{application_id}/settle-money-bar",
    name="settle_money_bar",
    summary="认定是否同一工程",
    description="市级人员凭证据认定待定的其他市级财政性资金是否用于同一工程；同一地址的另一期工程可以支持。登记人、拟办、批复或拨付本项目的人不得认定。依据：二（五）。",
)
async def settle_money_bar(
    session: Session,
    actor: CityOfficer,
    application_id: ApplicationKey,
    body: MoneyBarSettlement,
    if_match: IfMatch = None,
) -> MoneyBarOut:
    """Settle whether undetermined money went to the same works. 二（五）"""
    application, bar = await _bar_meant(session, application_id, body.bar_id, if_match, "undetermined")
    _note(session, bar, actor.subject, body.evidence, body.document_no)
    detail = {"bar_id": str(bar.id), "same_works": body.same_works, "document_no": body.document_no}
    await record_act(
        session, "settle_money_bar", case_of(application), reason=body.evidence, duty="settle_bar", **detail
    )
    if body.same_works:
        bar.status = "barred"
        await session.flush()
        await announce(session, application, bar)
    else:
        await end_bar(session, application, bar, "lifted", "lift_money_bar", actor.subject, body.evidence)
    return MoneyBarOut.model_validate(bar)


class MoneyBarLifting(BaseModel):
    """Proposal to lift a bar, with its evidence."""

    bar_id: UUID = Field(title="不予支持事项编号")
    evidence: Evidence
    document_no: DocumentNo


@router.post(
    "/v1/applications/{application_id}/propose-money-bar-lifting",
    name="propose_money_bar_lifting",
    summary="提请解除不予支持事项",
    description="市级人员凭证据提请解除不予支持事项，由另一人决定；决定前仍不予批复、下达和拨付。依据：二（五）。",
)
async def propose_money_bar_lifting(
    session: Session,
    actor: CityOfficer,
    application_id: ApplicationKey,
    body: MoneyBarLifting,
    if_match: IfMatch = None,
) -> MoneyBarOut:
    """Propose to lift a bar; it stands until another person decides. 二（五）"""
    application, bar = await _bar_meant(session, application_id, body.bar_id, if_match, "barred")
    bar.status = "lift_proposed"
    _note(session, bar, actor.subject, body.evidence, body.document_no)
    detail = {"bar_id": str(bar.id), "document_no": body.document_no}
    await record_act(
        session,
        "propose_money_bar_lifting",
        case_of(application),
        reason=body.evidence,
        duty="propose_bar_lifting",
        **detail,
    )
    await session.flush()
    return MoneyBarOut.model_validate(bar)


class MoneyBarDecision(BaseModel):
    """Decision on a proposal to lift a bar."""

    bar_id: UUID = Field(title="不予支持事项编号")
    lift: bool = Field(title="是否解除")
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/applications/{application_id}/decide-money-bar-lifting",
    name="decide_money_bar_lifting",
    summary="决定是否解除不予支持事项",
    description="市级另一人对提请解除的不予支持事项作出决定；登记、提请解除、拟办、批复、编制计划或拨付本项目的人不得决定。依据：二（五）。",
)
async def decide_money_bar_lifting(
    session: Session, actor: CityDesk, application_id: ApplicationKey, body: MoneyBarDecision, if_match: IfMatch = None
) -> MoneyBarOut:
    """Lift a bar on a proposal of another person, or let it stand. 二（五）"""
    application, bar = await _bar_meant(session, application_id, body.bar_id, if_match, "lift_proposed")
    detail = {"bar_id": str(bar.id), "lift": body.lift}
    await record_act(
        session, "decide_money_bar_lifting", case_of(application), reason=body.reason, duty="lift_bar", **detail
    )
    if body.lift:
        await end_bar(session, application, bar, "lifted", "lift_money_bar", actor.subject, body.reason)
    else:
        bar.status = "barred"
        await session.flush()
    return MoneyBarOut.model_validate(bar)


async def _bar_meant(
    session: AsyncSession, application_id: UUID, bar_id: UUID, if_match: str | None, status: MoneyBarStatus
) -> tuple[Application, MoneyBar]:
    """Return the application, locked, and its bar. Raises NotFound, or WrongStatus unless the bar has the status."""
    application = await locked_as_read(session, Application, application_id, if_match)
    bar = await session.get(MoneyBar, bar_id)
    if bar is None or bar.application_id != application.id:
        raise NotFound("本项目没有这一不予支持事项，请刷新后核对编号", field="/body/bar_id")
    if bar.status != status:
        wanted, current = MONEY_BAR_STATUSES[status], MONEY_BAR_STATUSES[bar.status]
        hint = "请先认定或提请解除" if bar.status in OPEN else "如有新的证据，请再次提出"
        raise WrongStatus(f"该事项为“{current}”，此操作须在“{wanted}”时进行；{hint}", field="/body/bar_id")
    return application, bar


def _note(session: AsyncSession, bar: MoneyBar, by: str, evidence: str, document_no: str) -> None:
    bar.settled_by, bar.settled_at = by, now(session)
    bar.settlement, bar.settlement_document_no = evidence, document_no
