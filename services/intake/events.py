"""Events about declarations, built from the row of the declaration (三（一）)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.intake.models.declarations import Declaration
from services.intake.models.opinions import Opinion
from shared.contracts.base import Hand
from shared.contracts.intake import (
    DeclarationForwarded,
    DeclarationReceived,
    DeclarationRefused,
    DeclarationSubmitted,
    DeclarationWithdrawn,
    OpinionGiven,
)


def _subject(declaration: Declaration) -> dict[str, Any]:
    """Return the fields that every event about a declaration carries."""
    return {
        "district": declaration.district,
        "applicant_uscc": declaration.applicant_uscc,
        "declaration_id": declaration.id,
    }


def submitted(declaration: Declaration) -> DeclarationSubmitted:
    """Return the event of a submission."""
    assert declaration.submitted_on is not None
    return DeclarationSubmitted(
        **_subject(declaration),
        project=declaration.project(),
        round=declaration.round,
        facts=declaration.complete_facts(),
        submitted_on=declaration.submitted_on,
    )


def withdrawn(declaration: Declaration, reason: str) -> DeclarationWithdrawn:
    """Return the event of a withdrawal."""
    return DeclarationWithdrawn(**_subject(declaration), reason=reason)


def refused(declaration: Declaration, clauses: list[str], reason: str) -> DeclarationRefused:
    """Return the event of a refusal at first review."""
    return DeclarationRefused(**_subject(declaration), clauses=tuple(clauses), reason=reason)


def opinion_given(declaration: Declaration, opinion: Opinion) -> OpinionGiven:
    """Return the event of an answered request for an opinion."""
    stated = {"position": opinion.position, "text": opinion.text, "given_on": opinion.given_on, "late": opinion.late}
    return OpinionGiven.model_validate(_subject(declaration) | stated)


def forwarded(
    declaration: Declaration,
    in_library: bool,
    certificates: Sequence[str],
    opinion: str,
    exception: str | None,
    hands: list[Hand],
) -> DeclarationForwarded:
    """Return the event of a report to the city, with the facts known from the procedure and the registers."""
    assert declaration.accepted_on is not None, "review follows acceptance"
    return DeclarationForwarded(
        **_subject(declaration),
        project=declaration.project(certificates),
        round=declaration.round,
        facts=declaration.complete_facts(in_library),
        accepted_on=declaration.accepted_on,
        first_review_opinion=opinion,
        library_exception_reason=exception,
        hands=tuple(hands),
    )


def received(
    declaration: Declaration, received_on: date, construction_status: Any, hands: list[Hand]
) -> DeclarationReceived:
    """Return the event of a receipt by the city."""
    return DeclarationReceived(
        **_subject(declaration),
        received_on=received_on,
        construction_status=construction_status,
        hands=tuple(hands),
    )
