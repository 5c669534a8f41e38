"""Library status in SQL: the stage of the case that has come furthest decides, then what the district registered."""

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.orm import column_property

from services.intake.models.declarations import Declaration
from services.intake.models.registers import LibraryEntry
from services.intake.rules.library_status import FINISHED, STATUS_OF_STAGE, STILL_NEEDED
from services.intake.rules.stages import ENDED

_by_stage = case(STATUS_OF_STAGE, value=Declaration.stage, else_="in_library")
_followed = (
    select(_by_stage)
    .where(Declaration.library_entry_id == LibraryEntry.id)
    .order_by(Declaration.stage.in_(sorted(ENDED)), Declaration.created_at.desc(), Declaration.id.desc())
    .limit(1)
    .correlate_except(Declaration)
    .scalar_subquery()
)
FOLLOWED = func.coalesce(_followed, literal("in_library"))
"""Status by the case alone; a project without a case is in the library."""

LIBRARY_STATUS = case((LibraryEntry.status == "left", "left"), else_=FOLLOWED)
LibraryEntry.__mapper__.add_property("library_status", column_property(LIBRARY_STATUS))
APART = or_(
    and_(LibraryEntry.status == "left", FOLLOWED.in_(sorted(STILL_NEEDED))),
    and_(LibraryEntry.status == "in_library", FOLLOWED.in_(sorted(FINISHED))),
)
"""The register and the case disagree: removed although the case is under way, or kept although it is over."""
