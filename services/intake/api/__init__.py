"""HTTP of intake, by subject."""

from fastapi import APIRouter

from services.intake.api import (
    city,
    declarations,
    exports,
    filing,
    forwarding,
    library,
    library_lists,
    library_rows,
    materials,
    municipal_funds,
    opinions,
    progress,
    quarters,
    review,
)
from shared.web.idempotency import ActRoute

router = APIRouter(route_class=ActRoute)
router.include_router(library.router)
router.include_router(library_rows.router)
router.include_router(library_lists.router)
router.include_router(exports.router)
router.include_router(quarters.router)
router.include_router(city.router)
router.include_router(declarations.router)
router.include_router(filing.router)
router.include_router(materials.router)
router.include_router(review.router)
router.include_router(forwarding.router)
router.include_router(opinions.router)
router.include_router(progress.router)
router.include_router(municipal_funds.router)
