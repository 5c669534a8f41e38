"""Code lists that every service serves: districts, roles, the codes of registers, project facts and dated figures."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from shared.actors import ROLES
from shared.contracts import library
from shared.contracts.facts import TENANT_STAGES
from shared.districts import DISTRICTS
from shared.series import codes as figures

CodeLists = Mapping[str, Mapping[str, str]]
"""Chinese labels by code, by the name of the list."""


def _labels(codes: Any) -> dict[str, str]:
    """Return the labels of a Literal type of the register contracts."""
    return {code: library.LABELS.get(code, code) for code in get_args(codes)}


CODE_LISTS: Final[CodeLists] = {
    "district": {code: unit.name for code, unit in DISTRICTS.items()},
    "role": ROLES,
    "resource_kind": _labels(library.ResourceKind),
    "resource_status": _labels(library.ResourceStatus),
    "title_kind": _labels(library.TitleKind),
    "completion_proof": _labels(library.CompletionProof),
    "inefficiency_ground": _labels(library.Ground),
    "end_cause": _labels(library.EndCause),
    "heritage_status": _labels(library.HeritageStatus),
    "safety_grade": {code: f"{code} 级" for code in get_args(library.SafetyGrade)},
    "project_type": _labels(library.ProjectType),
    "component_kind": _labels(library.ComponentKind),
    "stock_use": _labels(library.ResourceKind),
    "operation_mode": _labels(library.OperationMode),
    "support_mode": _labels(library.SupportMode),
    "construction_status": _labels(library.ConstructionStatus),
    "industry": _labels(library.Industry),
    "tenant_stage": TENANT_STAGES,
    "permit": _labels(library.Permit),
    "maturity": _labels(library.Maturity),
    **figures.CODE_LISTS,
}
