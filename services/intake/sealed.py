"""Sealed tables of intake, and the reasons for those that are left out."""

from services.intake.models import Base
from shared.sealing.declared import COMMON_LEFT_OUT, OFFICES, Seals, common_tables, sealed

_TABLES = Base.metadata.tables

SEALS = Seals(
    (
        *common_tables("intake"),
        sealed("intake", _TABLES["declaration"], "undertaken_by", "facts", changes=True, where="t.stage <> 'draft'"),
        sealed("intake", _TABLES["declaration_round"], "submitted_by", "stated", "facts"),
        sealed("intake", _TABLES["correction"], "returned_by"),
        sealed("intake", _TABLES["review_finding"], "found_by", "note"),
        sealed("intake", _TABLES["material"], "uploaded_by", "removed_by", "filename", changes=True),
        sealed("intake", _TABLES["opinion"], "requested_by", "given_by", "text", changes=True),
        sealed("intake", _TABLES["municipal_fund_programme"], "added_by", changes=True),
        sealed("intake", _TABLES["municipal_funding_record"], "registered_by", "withdrawn_by", changes=True),
        sealed("intake", _TABLES["quarter_submission"], "opened_by", "prepared_by", "certified_by", changes=True),
        sealed("intake", _TABLES["quarter_snapshot"]),
        sealed("intake", _TABLES["project_identity"], changes=True),
        sealed("intake", _TABLES["entity_credit"], changes=True),
    ),
    {
        **COMMON_LEFT_OUT,
        "declaration_counter": "the last number given; each number stands in a sealed declaration",
        "library_entry": "the current version, which a certified quarter seals whole in its snapshot",
        "library_entry_version": "district data by the thousand: each version is in a sealed event, and a certified "
        "quarter seals all of them in its snapshot",
        "library_resource": "links that the content of a library project states",
        "resource": "the current version, which a certified quarter seals whole in its snapshot",
        "resource_version": "district data by the thousand: each version is in a sealed event, and a certified "
        "quarter seals all of them in its snapshot",
    },
    provable={"declaration": (*OFFICES, "applicant"), "declaration_round": (*OFFICES, "applicant")},
    files=("intake.material", "intake.attachment"),
)
