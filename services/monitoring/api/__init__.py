"""HTTP of monitoring, by subject."""

from fastapi import APIRouter

from services.monitoring.api import (
    credit,
    credit_lists,
    credit_repairs,
    evaluation,
    files,
    findings,
    green,
    inspections,
    overview,
    quarters,
    readings,
)
from shared.web.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
SUBJECTS = (
    overview,
    files,
    quarters,
    readings,
    inspections,
    findings,
    evaluation,
    credit,
    credit_lists,
    credit_repairs,
    green,
)
for subject in SUBJECTS:
    router.include_router(subject.router)
