"""HTTP of project files: funds and delivery (二（三）1, 四（一）1)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from services.monitoring.api.parameters import DeclarationId
from services.monitoring.files import confirm_delivery
from services.monitoring.models.files import FundMovement, ProjectFile
from services.monitoring.quarters import public_money
from services.monitoring.rules.code_lists import EvaluationDeadline, FileStatus
from services.monitoring.rules.delivery import DeliveryDays
from services.monitoring.schemas.files import DeliveryIn, FileDetailOut, FileOut
from shared.contracts.library import DistrictCode
from shared.identifiers import Uscc
from shared.storage.session import found
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import Anyone, DistrictOfficer
from shared.web.filters import dates, flag, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["项目档案"])


FILES = Listing(
    one_of("district", ProjectFile.district, DistrictCode, "所在区"),
    one_of("status", ProjectFile.status, FileStatus, "项目状态"),
    one_of("evaluation_state", ProjectFile.evaluation_state, EvaluationDeadline, "评价状态"),
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


@router.get(
    "/v1/files",
    name="list_files",
    summary="项目档案列表",
    description="列出调用者可见的受支持项目，可筛选、排序和分页；项目单位只见本单位，区级人员只见本区。",
)
async def list_files(
    session: ReadSession, actor: Anyone, asked: Annotated[PageRequest, Depends(FILES)]
) -> Page[FileOut]:
    """Return the funded projects that the caller may see."""
    return await asked.page(session, select(ProjectFile), FileOut.model_validate)


@router.get(
    "/v1/files/{declaration_id}",
    response_model=FileDetailOut,
    name="read_file",
    summary="项目档案",
    description=(
        "读取一个项目的档案：资金情况、组成、改造目标、每笔资金变动和各级财政资金合计提示。依据：四（一）1、四（二）2。"
    ),
    responses=VERSIONED,
)
async def read_file(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId, response: Response
) -> dict[str, Any]:
    """Return one funded project with its fund movements."""
    file = await found(session, ProjectFile, declaration_id)
    response.headers["etag"] = etag(file)
    moved = await session.scalars(
        select(FundMovement).where(FundMovement.declaration_id == declaration_id).order_by(FundMovement.seq)
    )
    own = {
        name: getattr(file, name) for name in FileDetailOut.model_fields if name not in ("movements", "public_money")
    }
    return {**own, "movements": moved.all(), "public_money": await public_money(session, file)}


@router.post(
    "/v1/files/{declaration_id}/deliver",
    response_model=FileOut,
    name="deliver_project",
    summary="确认交付",
    description=(
        "区发展改革委经办按竣工验收（备案）确认项目交付，评价期限自交付起满一年。"
        "交付日期不得早于受理日期、不得晚于今日，只能确认一次。依据：二（三）1、三（三）。"
    ),
)
async def deliver_project(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    delivery: DeliveryIn,
    if_match: IfMatch = None,
) -> ProjectFile:
    """Confirm delivery, which starts the evaluation year. 二（三）1, 三（三）, I17, I18"""
    file = await locked_as_read(session, ProjectFile, declaration_id, if_match)
    days = DeliveryDays(delivery.delivered_on, delivery.handed_over_on, delivery.opened_on)
    await confirm_delivery(session, file, days, delivery.proof)
    return file
