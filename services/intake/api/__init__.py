"""HTTP of intake, by subject."""

from fastapi import APIRouter

from services.intake.api import declarations, filing, forwarding, library, materials, review
from shared.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
router.include_router(library.router)
router.include_router(declarations.router)
router.include_router(filing.router)
router.include_router(materials.router)
router.include_router(review.router)
router.include_router(forwarding.router)
