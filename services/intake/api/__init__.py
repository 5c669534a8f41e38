"""HTTP of intake, by subject."""

from fastapi import APIRouter

from services.intake.api import declarations, library
from shared.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
router.include_router(library.router)
router.include_router(declarations.router)
