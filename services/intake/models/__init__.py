"""Tables of intake by subject."""

from services.intake.models import (
    corrections,
    credit,
    declarations,
    duplicates,
    first_review,
    library_status,
    materials,
    municipal_funds,
    opinions,
    quarters,
    registers,
)
from services.intake.models.base import Base

__all__ = [
    "Base",
    "corrections",
    "credit",
    "declarations",
    "duplicates",
    "first_review",
    "library_status",
    "materials",
    "municipal_funds",
    "opinions",
    "quarters",
    "registers",
]
