"""HTTP of library."""

from fastapi import APIRouter

from shared.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
