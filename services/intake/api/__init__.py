"""HTTP of intake, by subject."""

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
from shared.web.routing import joined

router = joined(
    library.router,
    library_rows.router,
    library_lists.router,
    exports.router,
    quarters.router,
    city.router,
    declarations.router,
    filing.router,
    materials.router,
    review.router,
    forwarding.router,
    opinions.router,
    progress.router,
    municipal_funds.router,
)
