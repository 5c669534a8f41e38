"""HTTP of credit lists: the effects of each grade, and the ratings under way or decided (四（一）3)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.monitoring.api.credit import RatingOut, RatingState
from services.monitoring.models.credit import CreditRating
from services.monitoring.rules.code_lists import CreditGrade
from services.monitoring.rules.credit import grade_effects
from shared.identifiers import Uscc
from shared.storage.session import today
from shared.web.auth import CityOrApplicant, Official
from shared.web.filters import dates, one_of
from shared.web.idempotency import ActRoute, ReadSession
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["信用评价"])


class EffectsOut(BaseModel):
    """The measures that a grade calls for."""

    grade: CreditGrade = Field(description="信用等级")
    measures: list[str] = Field(description="相应的监管和拨付措施")


EFFECTS = MemoryListing(EffectsOut, "grade", key="grade", default="grade")


@router.get("/v1/credit-effects", name="list_credit_effects")
async def list_credit_effects(
    session: ReadSession, actor: Official, asked: Annotated[MemoryPageRequest, Depends(EFFECTS)]
) -> Page[EffectsOut]:
    """Return what each grade means for supervision and payment; each measure is taken by a person. 四（一）3"""
    measures = grade_effects(today(session)).items()
    return asked.page([EffectsOut(grade=grade, measures=list(each)) for grade, each in measures])


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


@router.get("/v1/credit-ratings", name="list_ratings")
async def list_ratings(
    session: ReadSession, actor: CityOrApplicant, asked: Annotated[PageRequest, Depends(RATINGS)]
) -> Page[RatingOut]:
    """Return ratings under way or decided: the supervisor's worklist."""
    return await asked.page(session, select(CreditRating), RatingOut.model_validate)
