"""Tables of intake: the ledger and library of the districts; declarations and their review."""

from services.intake.models import declarations, identities, library, materials, review
from services.intake.models.base import Base

__all__ = ["Base", "declarations", "identities", "library", "materials", "review"]
