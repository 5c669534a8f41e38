"""Sealed tables of eligibility, and the reasons for those that are left out."""

from services.eligibility.models import Base
from shared.sealing.declared import COMMON_LEFT_OUT, OFFICES, Seals, common_tables, sealed

_TABLES = Base.metadata.tables

SEALS = Seals(
    (
        *common_tables("eligibility"),
        sealed("eligibility", _TABLES["review"], "facts", "conclusion_reason", changes=True),
        sealed("eligibility", _TABLES["assessment"], "made_by"),
        sealed("eligibility", _TABLES["settlement"], "settled_by", "settled_by_name"),
        sealed("eligibility", _TABLES["conflict_declaration"], "reviewer", "reviewer_name", "statement"),
        sealed("eligibility", _TABLES["score_sheet"], "reviewer", "reviewer_name", "marks", "opinion"),
        sealed("eligibility", _TABLES["recognised_investment"], "recognised_by", "recognised_by_name"),
        sealed("eligibility", _TABLES["pool_entry"], changes=True),
        sealed("eligibility", _TABLES["district_standard"], "set_by", "set_by_name"),
        sealed(
            "eligibility",
            _TABLES["district_programme"],
            "reason",
            "entered_by",
            "entered_by_name",
            "decided_by",
            "decided_by_name",
            "decision_reason",
            "ended_by",
            "ended_by_name",
            "end_reason",
            changes=True,
        ),
        sealed("eligibility", _TABLES["standard_decision"], "reason", "decided_by", "decided_by_name"),
        sealed("eligibility", _TABLES["ruleset"]),
    ),
    {
        **COMMON_LEFT_OUT,
        "library_project": "a copy of what intake announced; the event is sealed there",
        "stock_resource": "a copy of what intake announced; the event is sealed there",
    },
    provable={"assessment": OFFICES, "pool_entry": OFFICES, "recognised_investment": OFFICES},
    files=("eligibility.attachment",),
)
