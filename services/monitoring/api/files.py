"""HTTP of project files: what was funded, how its money stands, delivery (二（三）1, 四（一）1)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.monitoring.models.files import FundMovement, ProjectFile
from services.monitoring.quarters import public_money
from shared.contracts.library import DistrictCode
from shared.contracts.monitoring import ProjectDelivered
from shared.dates import deadline
from shared.events.outbox import emit
from shared.identifiers import Uscc
from shared.money import Money, SignedMoney
from shared.policy import interpretations
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, settings_of, today
from shared.text import Line
from shared.web.auth import Anyone, DistrictOfficer
from shared.web.filters import dates, flag, one_of, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["项目档案"])
Status = Literal["under_way", "delivered", "evaluated"]
EvaluationState = Literal["running", "upcoming", "overdue", "issued"]


class FileOut(BaseModel):
    """A funded project and how its money stands, in yuan."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID
    declaration_no: str
    project_name: str
    project_code: str | None
    address: str | None
    applicant_name: str
    applicant_uscc: str
    entity_id: UUID
    district: str
    mode: str
    award_yuan: Money
    released_yuan: Money
    returned_yuan: Money
    demanded_yuan: Money
    recovered_yuan: Money
    kept_yuan: SignedMoney
    held: bool
    hold_reason: str | None
    simulated: list[str]
    first_released_on: date
    status: Status
    delivered_on: date | None
    evaluation_due_on: date | None
    evaluation_state: EvaluationState | None


class MovementOut(BaseModel):
    """One movement of money or one hold."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    amount_yuan: Money | None
    on: date
    ground: str | None
    clause: str | None
    reason: str | None


class PublicMoney(BaseModel):
    """All public money of the project against its investment; `over` warns, it forbids nothing. 四（二）2, I28"""

    municipal_yuan: SignedMoney
    district_yuan: Money
    investment_yuan: Money
    share: Decimal | None
    over: bool
    first_set_equipment_yuan: Money


class FileDetail(FileOut):
    """A file with its components, targets, rule set and every movement."""

    components: list[dict[str, Any]]
    targets: list[dict[str, Any]]
    ruleset: str
    as_of: date
    delivery_proof: str | None
    movements: list[MovementOut]
    public_money: PublicMoney


class Delivery(BaseModel):
    """The day the project was delivered, by its completion acceptance (I18), and the proof of it."""

    model_config = ConfigDict(extra="forbid")

    delivered_on: date = Field(title="竣工验收（备案）日期")
    proof: Line = Field(title="竣工验收备案文号或材料编号")


FILES = Listing(
    one_of("district", ProjectFile.district, DistrictCode, "所在区"),
    one_of("status", ProjectFile.status, Status, "项目状态"),
    one_of("evaluation_state", ProjectFile.evaluation_state, EvaluationState, "评价状态"),
    one_of("applicant_uscc", ProjectFile.applicant_uscc, Uscc, "实施主体统一社会信用代码"),
    flag("held", ProjectFile.held, "资金是否暂停拨付"),
    dates("first_released_on", ProjectFile.first_released_on, "首次拨付日期"),
    dates("delivered_on", ProjectFile.delivered_on, "交付日期"),
    dates("evaluation_due_on", ProjectFile.evaluation_due_on, "评价期限"),
    search(
        "项目名称、申报编号或实施主体", ProjectFile.project_name, ProjectFile.declaration_no, ProjectFile.applicant_name
    ),
    sorts={
        "declaration_id": ProjectFile.declaration_id,
        "declaration_no": ProjectFile.declaration_no,
        "project_name": ProjectFile.project_name,
        "award_yuan": ProjectFile.award_yuan,
        "released_yuan": ProjectFile.released_yuan,
        "first_released_on": ProjectFile.first_released_on,
        "delivered_on": ProjectFile.delivered_on,
        "evaluation_due_on": ProjectFile.evaluation_due_on,
    },
    key=ProjectFile.declaration_id,
    default="declaration_id",
)


@router.get("/v1/files", name="list_files")
async def list_files(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(FILES)]
) -> Page[FileOut]:
    """Return the funded projects that the caller may see."""
    return await asked.page(session, select(ProjectFile), FileOut.model_validate)


@router.get("/v1/files/{declaration_id}", response_model=FileDetail, name="read_file")
async def read_file(session: ReadSession, actor: Anyone, declaration_id: UUID) -> dict[str, Any]:
    """One funded project with every movement of its money."""
    file = await found(session, ProjectFile, declaration_id)
    moved = await session.scalars(
        select(FundMovement).where(FundMovement.declaration_id == declaration_id).order_by(FundMovement.seq)
    )
    own = {name: getattr(file, name) for name in FileDetail.model_fields if name not in ("movements", "public_money")}
    return {**own, "movements": moved.all(), "public_money": await public_money(session, file)}


@router.post("/v1/files/{declaration_id}/deliver", response_model=FileOut, name="deliver_project")
async def deliver_project(
    session: Session, actor: DistrictOfficer, declaration_id: UUID, delivery: Delivery
) -> ProjectFile:
    """Confirm delivery; the year of evaluation runs from it. 二（三）1, 三（三）, I17, I18"""
    file = await locked(session, ProjectFile, declaration_id)
    file.expect_deliverable(delivery.delivered_on, today(session))
    shift = interpretations(settings_of(session).interpretations)["year_clock"] == "civil_code"
    due = deadline(delivery.delivered_on, years=1, shift=shift)
    file.deliver(delivery.delivered_on, delivery.proof, due.on)
    await record_act(
        session,
        "deliver_project",
        case_of(file),
        reason=delivery.proof,
        evaluation_due_on=due.on.isoformat(),
        shifted_from=due.shifted_from and due.shifted_from.isoformat(),
        calendar_known=due.calendar_known,
    )
    await emit(
        session,
        ProjectDelivered(
            declaration_id=declaration_id,
            district=file.district,
            applicant_uscc=file.applicant_uscc,
            delivered_on=delivery.delivered_on,
            evaluation_due_on=due.on,
        ),
    )
    return file
