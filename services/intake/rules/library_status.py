"""Status of a project in the reserve library: its registration, and how far its case has come (四（一）2). Pure.

One table maps the stage of the case to the status, so a project whose case ends without an award is in the library
again, and one that is paid, delivered or evaluated says so whatever the district's system still sends.
"""

from typing import Final, Literal, get_args

from services.intake.rules.stages import STAGES

LibraryStatus = Literal["in_library", "supported", "delivered", "evaluated", "recovering", "recovered", "left"]
LIBRARY_STATUS_LABELS: Final[dict[str, str]] = {
    "in_library": "在库",
    "supported": "已获支持",
    "delivered": "已交付",
    "evaluated": "已评价",
    "recovering": "资金追回中",
    "recovered": "资金已追回",
    "left": "已出库",
}
_SUPPORTED: Final[dict[str, LibraryStatus]] = {
    "approved": "supported",
    "released": "supported",
    "delivered": "delivered",
    "evaluated": "evaluated",
    "clawback_demanded": "recovering",
    "clawback_recovered": "recovered",
}
STATUS_OF_STAGE: Final[dict[str, LibraryStatus]] = {stage: _SUPPORTED.get(stage, "in_library") for stage in STAGES}
"""Status of a project that the district keeps in the library, by the stage of its case."""
STILL_NEEDED: Final = frozenset({"supported", "delivered", "recovering"})
"""Statuses whose project the district may not have removed: the case is under way."""
FINISHED: Final = frozenset({"evaluated", "recovered"})
"""Statuses whose project the district has to remove: the case is over."""
assert set(LIBRARY_STATUS_LABELS) == set(get_args(LibraryStatus))
