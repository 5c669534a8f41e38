"""HTTP of eligibility, by subject."""

from fastapi import APIRouter

from services.eligibility.api import assessments, dry_run, policy, pool, reviews, scoring, standards, what_if
from shared.web.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
for part in (assessments, reviews, scoring, pool, standards, dry_run, policy, what_if):
    router.include_router(part.router)
