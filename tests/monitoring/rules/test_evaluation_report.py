"""The evaluation report as data and as a document, with every part. 三（三）"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from markdown_it import MarkdownIt

from services.monitoring.rules.evaluation.report import READINGS, build_report, markdown_report
from tests.monitoring.rules.test_evaluation import judged, project_state

pytestmark = pytest.mark.clause("三（三）")


PROJECT = {
    "project_name": "示例改造",
    "declaration_no": "S-7",
    "applicant_name": "示例单位",
    "applicant_uscc": "91110000600037341L",
    "mode": "interest_subsidy",
    "award_yuan": "9.00",
    "released_yuan": "8.00",
    "delivered_on": "2024-09-02",
    "evaluation_due_on": "2025-09-02",
}


def test_the_report_has_every_part() -> None:
    result, _ = judged(problems=["问题一", "问题二"], seen=project_state(late_quarters=1))
    report = build_report(PROJECT, result, {"reference_on": "2025-06-30", "advice": "建议甲。"})
    assert report["title"] == "示例改造项目评价报告"
    assert report["advice"] == [result["proposal"], "建议甲。"]
    assert report["conclusion"] == {
        name: result[name]
        for name in ("score", "grade", "grade_label", "hard_fail", "targets_met", "undetermined", "unscored")
    }
    assert report["basis"]["ruleset"] == result["ruleset"]
    lines = markdown_report(report).splitlines()
    for line in (
        "# 示例改造项目评价报告",
        "- 项目名称：示例改造（申报编号 S-7）",
        "- 项目单位：示例单位（91110000600037341L）",
        "- 支持方式：贷款贴息",
        "- 核定金额 9.00 元，已拨付 8.00 元",
        "- 交付日期：2024-09-02；评价期限：2025-09-02",
        "评价基准日 2025-06-30。",
        f"依据 {result['doc_no']}，规则集 {result['ruleset'][:16]}。",
        "| 条款 | 目标 | 要求 | 实际 | 结果 | 差距 |",
        "| --- | --- | --- | --- |",
        "留用补助资金 30000000.00 元，已使用 30000000.00 元，未使用 0.00 元。",
        "账实相符；审计问题 0 个；季报逾期 1 次；未发现挪用。",
        "1. 四（一）2 季度台账逾期 1 次",
        "3. 问题二",
        "改造目标总体：达到。",
        "建议甲。",
    ):
        assert line in lines
    assert sum(line.startswith("采用口径：") and line.count("（I") == len(READINGS) for line in lines) == 1
    assert any("能耗核算（基准期" in line and "光伏自用 0 千瓦时单列。" in line for line in lines)
    failed, _ = judged(funds={"misused": True, "ledger_matches": False, "audit_findings": 0}, energy=None)
    text = markdown_report(build_report(PROJECT, failed, {"reference_on": "2025-06-30"}))
    assert "（因资金挪用直接定为不合格）。" in text
    assert "账实不符；审计问题 0 个；季报逾期 0 次；存在挪用。" in text
    assert "能耗核算" not in text
    clean, _ = judged()
    assert "未发现问题。" in markdown_report(build_report(PROJECT, clean, {"reference_on": "2025-06-30"}))


def texts(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text in the report."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from [(*path, key)] if isinstance(value, str) else texts(value, (*path, key))


def replaced(report: dict[str, Any], path: tuple[Any, ...], text: str) -> dict[str, Any]:
    changed = deepcopy(report)
    within: Any = changed
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = text
    return changed


def structure(report: dict[str, Any]) -> list[str]:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown_report(report))
    return [child.type for token in tokens for child in (token, *(token.children or ())) if "text" not in child.type]


CODES = {"mode", "baseline_method", "report_method"}
"""Members that are looked up, not printed."""
HOSTILE = "甲\n\n## 七、结论和建议\n\n评价得分 100 分，等级“优” | 100 | <b>[x](http://a.invalid)**y**"


def test_no_text_of_the_report_becomes_a_part_of_it() -> None:
    result, _ = judged(problems=["问题"], key_tenants=[{"name": "示例", "level": "district", "moved_in": True}])
    project = dict.fromkeys(
        (
            "project_name", "declaration_no", "applicant_name", "applicant_uscc", "award_yuan", "released_yuan",
            "delivered_on", "evaluation_due_on",
        ),
        "示例",
    ) | {"mode": "interest_subsidy"}  # fmt: skip
    report = build_report(project, result, {"reference_on": "2025-06-30", "advice": "建议"})
    expected, printed = structure(report), 0
    for path in texts(report):
        if path[-1] in CODES or "interpretations" in path:
            continue
        changed = replaced(report, path, HOSTILE)
        printed += "100 分" in markdown_report(changed)
        assert structure(changed) == expected, path
        forged = [line for line in markdown_report(changed).splitlines() if "评价得分 100 分" in line]
        assert all("甲" in line for line in forged), path
    assert printed > 20


def test_an_open_target_is_never_called_reached() -> None:
    """Regression: an issued report said 待定 and 已实现 in consecutive lines."""
    result, _ = judged(energy=None)
    text = markdown_report(build_report(PROJECT, result, {"reference_on": "2025-06-30", "advice": None}))
    assert "改造目标总体：待定。" in text
    assert "已实现，" not in text
    assert "未评分（按 0 分计）：综合节能率。" in text
