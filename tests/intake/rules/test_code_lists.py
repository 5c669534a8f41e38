"""Tests of the code lists: every code has a Chinese label, and every Literal of the rules is covered."""

from typing import get_args

import pytest

from services.intake.rules import checklist, duplicates, first_review, library_status, quarters, stages
from services.intake.rules.code_lists import CODE_LISTS
from shared.contracts import pushes, works


@pytest.mark.parametrize("name", CODE_LISTS)
def test_every_code_has_a_chinese_label(name: str) -> None:
    labels = CODE_LISTS[name]
    assert labels
    assert all(any("\u4e00" <= character <= "\u9fff" for character in label) for label in labels.values())
    assert all(code.isascii() for code in labels)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("declaration_stage", stages.StageCode),
        ("checklist_state", checklist.State),
        ("material_provider", checklist.Provider),
        ("first_review_item", first_review.ReviewItem),
        ("first_review_outcome", first_review.ReviewOutcome),
        ("opinion_position", first_review.OpinionPosition),
        ("match_basis", duplicates.Basis),
        ("match_source", duplicates.Source),
        ("quarter_finding_severity", quarters.Severity),
        ("quarter_finding_subject", quarters.Subject),
        ("library_entry_status", library_status.LibraryStatus),
        ("push_mode", pushes.Mode),
        ("pushed_row_status", pushes.RowStatus),
        ("register", pushes.BookName),
        ("works_kind", works.WorksKind),
    ],
)
def test_a_code_list_has_exactly_the_codes_of_its_type(name: str, codes: object) -> None:
    assert sorted(CODE_LISTS[name]) == sorted(get_args(codes))


def test_the_lists_have_the_names_that_callers_know() -> None:
    assert list(CODE_LISTS) == [
        "declaration_stage",
        "declaration_decision",
        "material_kind",
        "material_provider",
        "checklist_state",
        "checklist_basis",
        "first_review_item",
        "first_review_outcome",
        "opinion_position",
        "match_basis",
        "match_source",
        "quarter_submission_status",
        "quarter_finding_severity",
        "quarter_finding_subject",
        "push_mode",
        "pushed_row_status",
        "register",
        "library_entry_status",
        "works_kind",
        "deciding_authority",
    ]
