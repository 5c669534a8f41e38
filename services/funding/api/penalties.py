"""Endpoints of fines and interest on recovered money, as the authority decided them; apart from the grant's money."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.funding.api.shapes import DATE, TIME, YUAN, ApplicationKey, Shape, Yuan
from services.funding.applications import new_row_columns
from services.funding.corrections import locked_penalty
from services.funding.models.applications import Application
from services.funding.models.corrections import Penalty
from services.funding.rules.change_codes import PenaltyKind
from services.funding.rules.code_lists import ClawbackGround
from services.funding.rules.corrections import check_fine
from shared.attachments import Attached, facts_of, require
from shared.audiences import Handler
from shared.days import DoneDay
from shared.errors import Invalid
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.storage.versions import etag
from shared.text import Line
from shared.web.auth import CityOfficer, Finance, Person
from shared.web.filters import one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])
PenaltyKey = Annotated[UUID, Path(title="罚款或利息编号")]


class NewPenalty(BaseModel):
    """Fine or interest by its decision, with the decision itself."""

    model_config = ConfigDict(extra="forbid")

    kind: PenaltyKind = Field(title="类别", description="fine 罚款，interest 追回资金的利息")
    ground: ClawbackGround = Field(title="事由")
    authority: Line = Field(title="作出决定的机关")
    document_no: Line = Field(title="决定书文号")
    decided_on: DoneDay = Field(title="决定日期", description=DATE)
    base_yuan: Yuan = Field(title="计算基数", description=f"{YUAN}：骗取、违规使用的金额，或计息的本金")
    amount_yuan: Yuan
    attachments: Attached


class PenaltyPayment(BaseModel):
    """Bank receipt of a fine or interest."""

    model_config = ConfigDict(extra="forbid")

    bank_receipt_no: Line = Field(title="银行回单号", description="不得重复")
    paid_on: DoneDay = Field(title="缴款日期", description=DATE)


class PenaltyOut(Shape):
    """Fine or interest with its payment."""

    id: UUID = Field(title="罚款或利息编号")
    application_id: UUID = Field(title="资金申请编号")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    kind: PenaltyKind = Field(title="类别")
    ground: ClawbackGround = Field(title="事由")
    authority: str = Field(title="作出决定的机关")
    document_no: str = Field(title="决定书文号")
    decided_on: date = Field(title="决定日期", description=DATE)
    base_yuan: Money = Field(title="计算基数", description=YUAN)
    amount_yuan: Money = Field(title="金额", description=YUAN)
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)
    bank_receipt_no: str | None = Field(title="银行回单号")
    paid_on: date | None = Field(title="缴款日期", description=f"{DATE}；未缴为空")
    booked_by: Handler = Field(title="缴款登记人")
    booked_at: datetime | None = Field(title="缴款登记时间", description=TIME)
    withdrawal_asked_by: Handler = Field(title="提请撤销人")
    withdrawal_asked_at: datetime | None = Field(title="提请撤销时间", description=TIME)
    withdrawal_reason: str | None = Field(title="撤销理由")
    withdrawn_by: Handler = Field(title="撤销人")
    withdrawn_at: datetime | None = Field(title="撤销时间", description=f"{TIME}；有效的为空")


@router.post(
    "/v1/applications/{application_id}/penalties",
    status_code=201,
    name="record_penalty",
    summary="登记罚款或利息",
    description="市级人员按主管机关的决定登记罚款或追回资金的利息，附决定书；罚款须在法定幅度之内。不计入专项资金账。"
    "依据：政府投资条例第三十四条、财政违法行为处罚处分条例第十四条。",
)
async def record_penalty(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewPenalty, response: Response
) -> PenaltyOut:
    """Record a fine or interest as the competent authority decided it, with its document."""
    application = await locked(session, Application, application_id)
    if body.decided_on > today(session):
        raise Invalid("决定日期不得晚于今日", field="/body/decided_on")
    if body.kind == "fine":
        check_fine(body.ground, body.base_yuan, body.amount_yuan)
    stated = body.model_dump(exclude={"attachments"})
    row = Penalty(
        recorded_by=actor.subject, recorded_at=now(session), **new_row_columns(session, application), **stated
    )
    session.add(row)
    papers = await require(session, body.attachments, application, "penalty_decision", act=row, final=True)
    detail: dict[str, Any] = {"penalty_id": str(row.id), "kind": body.kind, "amount_yuan": str(body.amount_yuan)}
    detail |= facts_of(papers)
    await record_act(session, "record_penalty", case_of(application), duty="record_penalty", **detail)
    response.headers["location"] = f"/v1/penalties/{row.id}"
    await session.flush()
    return PenaltyOut.model_validate(row)


PENALTIES = Listing(
    one_of("application_id", Penalty.application_id, UUID, "资金申请编号"),
    one_of("district", Penalty.district, Line, "所在区"),
    one_of("kind", Penalty.kind, PenaltyKind, "类别"),
    sorts={"id": Penalty.id, "decided_on": Penalty.decided_on},
    key=Penalty.id,
    default="-id",
)


@router.get(
    "/v1/penalties",
    name="list_penalties",
    summary="查询罚款和利息",
    description="列出罚款和追回资金的利息，可按资金申请、区和类别筛选；项目单位只见本单位的。依据：政府投资条例第三十四条。",
)
async def list_penalties(
    session: ReadSession, actor: Person, asked: Annotated[PageRequest, Depends(PENALTIES)]
) -> Page[PenaltyOut]:
    """Return the fines and interest that the caller may read, newest first."""
    return await asked.page(session, select(Penalty), PenaltyOut.model_validate)


@router.get(
    "/v1/penalties/{penalty_id}",
    name="read_penalty",
    summary="查询一笔罚款或利息",
    description="返回一笔罚款或利息；响应头 ETag 为其资金申请的版本。依据：政府投资条例第三十四条。",
    responses=VERSIONED,
)
async def read_penalty(session: ReadSession, actor: Person, penalty_id: PenaltyKey, response: Response) -> PenaltyOut:
    """Return one row, with the entity tag of the application that an act on it changes."""
    row = await found(session, Penalty, penalty_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return PenaltyOut.model_validate(row)


@router.post(
    "/v1/penalties/{penalty_id}/paid",
    name="book_penalty",
    summary="登记罚款或利息缴清",
    description="财务人员凭银行回单登记罚款或利息缴清；审批该项目拨付、提出或决定追回的人不得登记。依据：政府投资条例第三十四条。",
)
async def book_penalty(
    session: Session, actor: Finance, penalty_id: PenaltyKey, body: PenaltyPayment, if_match: IfMatch = None
) -> PenaltyOut:
    """Record that a fine or interest was paid, by somebody other than who released."""
    row, application = await locked_penalty(session, penalty_id, if_match)
    if not row.decided_on <= body.paid_on <= today(session):
        raise Invalid("缴款日期须在决定日期之后且不晚于今日", field="/body/paid_on")
    row.pay(body.bank_receipt_no, body.paid_on, actor.subject, now(session))
    detail = {"penalty_id": str(row.id), **body.model_dump(mode="json")}
    await record_act(session, "book_penalty", case_of(application), duty="book_recovery", **detail)
    await session.flush()
    return PenaltyOut.model_validate(row)
