"""Code lists of intake by name, collected from the modules that define the codes."""

from collections.abc import Mapping
from typing import Final

from services.intake.rules.checklist import BASIS_LABELS as CHECKLIST_BASIS_LABELS
from services.intake.rules.checklist import PROVIDER_LABELS, STATE_LABELS, items
from services.intake.rules.duplicates import BASIS_LABELS as MATCH_BASIS_LABELS
from services.intake.rules.duplicates import SOURCE_LABELS
from services.intake.rules.first_review import OPINION_POSITION_LABELS, REVIEW_ITEM_LABELS, REVIEW_OUTCOME_LABELS
from services.intake.rules.library_status import LIBRARY_STATUS_LABELS
from services.intake.rules.quarters import SEVERITY_LABELS, SUBJECT_LABELS, SUBMISSION_STATUS_LABELS
from services.intake.rules.stages import DECISION_LABELS, STAGES
from services.intake.rules.upsert import (
    MODE_LABELS,
    REGISTER_LABELS,
    ROW_STATUS_LABELS,
)
from shared.contracts.works import WORKS
from shared.policy.remedies import AUTHORITIES

CODE_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "declaration_stage": {code: stage.label for code, stage in STAGES.items()},
    "declaration_decision": DECISION_LABELS,
    "material_kind": {item.code: item.name for item in items()},
    "material_provider": PROVIDER_LABELS,
    "checklist_state": STATE_LABELS,
    "checklist_basis": CHECKLIST_BASIS_LABELS,
    "first_review_item": REVIEW_ITEM_LABELS,
    "first_review_outcome": REVIEW_OUTCOME_LABELS,
    "opinion_position": OPINION_POSITION_LABELS,
    "match_basis": MATCH_BASIS_LABELS,
    "match_source": SOURCE_LABELS,
    "quarter_submission_status": SUBMISSION_STATUS_LABELS,
    "quarter_finding_severity": SEVERITY_LABELS,
    "quarter_finding_subject": SUBJECT_LABELS,
    "push_mode": MODE_LABELS,
    "pushed_row_status": ROW_STATUS_LABELS,
    "register": REGISTER_LABELS,
    "library_entry_status": LIBRARY_STATUS_LABELS,
    "works_kind": WORKS,
    "deciding_authority": AUTHORITIES,
}
"""Every code list by name, as `GET /v1/code-lists` serves them."""
