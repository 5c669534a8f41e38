"""Tables of eligibility: reviews and their decision records, the pool, districts' standards, the library's copy."""

from services.eligibility.models.base import Base
from services.eligibility.models.library import LibraryProject, StockResource
from services.eligibility.models.pool import ConflictDeclaration, PoolEntry, RecognisedInvestment, ScoreSheet
from services.eligibility.models.reviews import Assessment, Review, Settlement
from services.eligibility.models.standards import DistrictStandard, StoredRuleset

__all__ = [
    "Assessment",
    "Base",
    "ConflictDeclaration",
    "DistrictStandard",
    "LibraryProject",
    "PoolEntry",
    "RecognisedInvestment",
    "Review",
    "ScoreSheet",
    "Settlement",
    "StockResource",
    "StoredRuleset",
]
