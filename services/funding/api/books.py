"""The books checked against themselves, against the cases and against what was announced. 三（二）, 四（一）1"""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import Shape
from services.funding.ledger.verify import verify
from services.funding.ledger.verify_cases import verify_cases
from shared.runtime import Instance
from shared.web.auth import FinanceOrAuditor
from shared.web.idempotency import ActRoute

router = APIRouter(route_class=ActRoute, tags=["账簿"])


class DriftOut(Shape):
    """One contradiction: which invariant, where, and the figures."""

    invariant: str
    subject: str
    figures: str


class Verification(BaseModel):
    """Every contradiction found on one snapshot; none is as it must be."""

    sound: bool
    drifts: list[DriftOut]


@router.get("/v1/ledger/verify", name="verify_ledger")
async def verify_ledger(request: Request, actor: FinanceOrAuditor) -> Verification:
    """Check every invariant of the ledger, and that each announced release is one posted transfer and the reverse."""
    instance: Instance = request.app.state.instance
    async with AsyncSession(instance.database.engine) as snapshot:
        drifts = [*await verify(snapshot), *await verify_cases(snapshot, actor)]
    return Verification(sound=not drifts, drifts=[DriftOut.model_validate(drift) for drift in drifts])
