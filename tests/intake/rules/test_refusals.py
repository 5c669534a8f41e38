"""Tests of refusals: each message names the way out."""

import pytest

from services.intake.rules import refusals, upsert
from services.intake.rules.duplicates import build_match
from services.intake.rules.submission import Gap

RECORDED = upsert.RecordedState(1, "2024Q1", b"before")


FUNDED = build_match("funded", "project_code", "1号", of_another=False)


@pytest.mark.parametrize(
    ("refusal", "field", "way_out"),
    [
        (upsert.other_district({"110106", "110105"}), "district", "可报送的区代码：110105、110106"),
        (upsert.future_quarter("2024Q3", "2024Q1"), "quarter", "最晚填 2024Q1"),
        (upsert.older_quarter("2023Q4", "2024Q1"), "quarter", "请以 2024Q1 或本季度报送"),
        (upsert.quarter_closed("2024Q1"), "quarter", "由市发展改革委重新开启"),
        (upsert.repeated_row("R-1"), "external_id", "请只保留一行"),
        (upsert.missing_reason(RECORDED, b"after", None, "change_reason"), "change_reason", "填写本行的 change_reason"),
        (upsert.missing_reason(RECORDED, b"after", None, None), None, "填写批次的 change_reason"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_row_names_its_field_and_the_way_out(
    refusal: upsert.Refusal | None, field: str | None, way_out: str
) -> None:
    assert refusal is not None
    assert refusal.field == field
    assert way_out in refusal.detail


@pytest.mark.parametrize(
    ("refusal", "way_out"),
    [
        (refusals.incomplete([Gap("/address", "项目地址", "三（一）", "填写")]), "how_to_fix"),
        (refusals.not_forwardable([Gap("/opinion", "意见", "三（一）", "征求")]), "how_to_fix"),
        (refusals.completed("/facts/construction_status"), "请更正为实际状态"),
        (refusals.barred("2024-02-01"), "提出信用修复申请"),
        (
            refusals.duplicate([build_match("funded", "project_code", "1号", of_another=False)]),
            "请核对项目代码和项目地址",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_submission_names_the_way_out(refusal: Exception, way_out: str) -> None:
    assert way_out in str(refusal)
