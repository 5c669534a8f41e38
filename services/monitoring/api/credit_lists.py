"""HTTP of credit lists: measures of each grade, ratings (四（一）3)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select

from services.monitoring.models.credit import CreditRating
from services.monitoring.rules.code_lists import RatingState
from services.monitoring.rules.credit import grade_effects
from services.monitoring.schemas.credit import CreditEffectOut, CreditRatingOut
from shared.identifiers import Uscc
from shared.storage.session import today
from shared.web.auth import CityOrApplicant, Official
from shared.web.filters import dates, one_of
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["信用评价"])


CREDIT_EFFECTS = MemoryListing(CreditEffectOut, "grade", key="grade", default="grade")


@router.get(
    "/v1/credit-effects",
    name="list_credit_effects",
    summary="信用等级措施",
    description="列出各信用等级对应的监管和拨付措施；每项措施由经办人员落实。依据：四（一）3。",
)
async def list_credit_effects(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(CREDIT_EFFECTS)]
) -> Page[CreditEffectOut]:
    """Return the measures of each credit grade; a person takes each measure. 四（一）3"""
    measures = grade_effects(today(session)).items()
    return asked.page([CreditEffectOut(grade=grade, measures=list(each)) for grade, each in measures])


RATINGS = Listing(
    one_of("state", CreditRating.state, RatingState, "评价状态"),
    one_of("applicant_uscc", CreditRating.applicant_uscc, Uscc, "单位统一社会信用代码"),
    dates("objection_due_on", CreditRating.objection_due_on, "申辩期限"),
    sorts={
        "id": CreditRating.id,
        "noticed_on": CreditRating.noticed_on,
        "objection_due_on": CreditRating.objection_due_on,
    },
    key=CreditRating.id,
    default="id",
)


@router.get(
    "/v1/credit-ratings",
    name="list_ratings",
    summary="信用评价列表",
    description="列出进行中和已决定的信用评价；项目单位只见本单位。",
)
async def list_ratings(
    session: ReadSession, actor: CityOrApplicant, asked: Annotated[PageRequest, Depends(RATINGS)]
) -> Page[CreditRatingOut]:
    """Return ratings in procedure or decided."""
    return await asked.page(session, select(CreditRating), CreditRatingOut.model_validate)
