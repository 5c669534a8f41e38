"""Sealed tables of monitoring, and the reasons for those that are left out."""

from services.monitoring.models import Base
from shared.sealing.declared import COMMON_LEFT_OUT, OFFICES, Seals, common_tables, sealed

_TABLES = Base.metadata.tables

SEALS = Seals(
    (
        *common_tables("monitoring"),
        sealed("monitoring", _TABLES["project_file"], "facts", changes=True),
        sealed("monitoring", _TABLES["fund_movement"]),
        sealed("monitoring", _TABLES["project_quarter"], changes=True, where="t.state <> 'open'"),
        sealed("monitoring", _TABLES["quarter_submission"], "submitted_by", "report"),
        sealed("monitoring", _TABLES["inspection_plan"], "drawn_by"),
        sealed("monitoring", _TABLES["inspection"], "inspector", "interest_statement", "summary", changes=True),
        sealed("monitoring", _TABLES["finding"], "description", "rectification", "closing", changes=True),
        sealed("monitoring", _TABLES["evaluation"], "evaluated_by", changes=True),
        sealed("monitoring", _TABLES["issued_evaluation"], "issued_by"),
        sealed("monitoring", _TABLES["entity"], changes=True),
        sealed("monitoring", _TABLES["credit_ground"], "raised_by", "detail", changes=True),
        sealed("monitoring", _TABLES["credit_rating"], "objection", changes=True),
        sealed("monitoring", _TABLES["credit_decision"], "decided_by"),
        sealed("monitoring", _TABLES["credit_repair"], "text", changes=True),
        sealed("monitoring", _TABLES["green_record"], changes=True),
        sealed("monitoring", _TABLES["meter"], changes=True),
        sealed("monitoring", _TABLES["reading_finding"], "closed", changes=True),
        sealed("monitoring", _TABLES["reading"], "received_from"),
    ),
    COMMON_LEFT_OUT,
    provable={"issued_evaluation": (*OFFICES, "applicant"), "credit_decision": (*OFFICES, "applicant")},
    files=("monitoring.attachment",),
)
