"""HTTP of the eligibility service."""

from fastapi import APIRouter

from shared.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
