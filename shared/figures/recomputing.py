"""Computing cases again after figures have changed: an act of an officer."""

from fastapi import APIRouter, Request

from shared.errors import WrongStatus
from shared.figures.reading import batch_of
from shared.figures.shapes import BatchKey, RecomputationOut, RecomputedOut, RecomputeIn
from shared.runtime import Instance
from shared.web.auth import CityOfficer
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["数据登记"])


@router.post(
    "/v1/series/batches/{batch_id}/recompute",
    name="recompute_cases",
    summary="按新数据重新计算",
    description="市级经办对所列事项按现行数据重新计算并留存新结果；已作决定的维持原决定。",
)
async def recompute_cases(
    request: Request, session: Session, actor: CityOfficer, batch_id: BatchKey, body: RecomputeIn
) -> RecomputationOut:
    """Compute cases again with the figures of today; each leaves its own record."""
    instance: Instance = request.app.state.instance
    recompute = instance.service.series.recompute
    row = await batch_of(session, batch_id)
    if row.status != "confirmed" or recompute is None:
        raise WrongStatus("该批次尚未确认", current=row.status)
    results = [
        RecomputedOut(case_id=case_id, result=await recompute(session, case_id, body.reason))
        for case_id in dict.fromkeys(body.case_ids)
    ]
    return RecomputationOut(cases=results)
