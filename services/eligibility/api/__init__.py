"""HTTP of eligibility, by subject."""

from fastapi import APIRouter

from services.eligibility.api import assessments, pool, review
from shared.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
for part in (assessments, review, pool):
    router.include_router(part.router)
