"""HTTP of intake, one module per subject."""

from services.intake.api import (
    checklist,
    city_totals,
    corrections,
    declarations,
    duplicates,
    exports,
    first_review,
    forwarding,
    fund_programmes,
    materials,
    municipal_funds,
    opinions,
    progress,
    quarters,
    register_lists,
    register_push,
    register_rows,
    submission,
)
from shared.attachments import api as attachments
from shared.figures import reading
from shared.web.routing import joined

router = joined(
    register_push.router,
    register_rows.router,
    register_lists.router,
    exports.router,
    quarters.router,
    city_totals.router,
    declarations.router,
    submission.router,
    checklist.router,
    materials.router,
    first_review.router,
    corrections.router,
    forwarding.router,
    opinions.router,
    progress.router,
    duplicates.router,
    fund_programmes.router,
    municipal_funds.router,
    attachments.router,
    reading.router,
)
