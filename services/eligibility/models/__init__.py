"""Tables of eligibility: reviews, decision records, the pool, district standards, copies of the registers."""

from services.eligibility.models.base import Base
from services.eligibility.models.library import LibraryProject, StockResource
from services.eligibility.models.pool import ConflictDeclaration, PoolEntry, RecognisedInvestment, ScoreSheet
from services.eligibility.models.programmes import DistrictProgramme
from services.eligibility.models.reviews import Assessment, Review, Settlement
from services.eligibility.models.standards import DistrictStandard, StandardDecision, StoredRuleset

__all__ = [
    "Assessment",
    "Base",
    "ConflictDeclaration",
    "DistrictProgramme",
    "DistrictStandard",
    "LibraryProject",
    "PoolEntry",
    "RecognisedInvestment",
    "Review",
    "ScoreSheet",
    "Settlement",
    "StandardDecision",
    "StockResource",
    "StoredRuleset",
]
