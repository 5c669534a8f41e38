"""Evaluation report of the district to the city, as data and as a Chinese document (三（三）)."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.monitoring.rules.code_lists import ENERGY_METHODS, SUPPORT_MODES
from shared.escaping import markdown_line as _said
from shared.policy import readings

MET = {True: "达到", False: "未达到", None: "待定"}
READINGS = (
    "year_clock",
    "delivery_meaning",
    "occupancy_meaning",
    "target_moment",
    "package_occupancy",
    "pv_numerator",
    "renewable_evidence",
    "pv_in_saving",
    "vacant_baseline",
    "industry_test",
    "evaluation_failed",
)
"""Readings of the notice that an evaluation depends on (I17 to I26, I33)."""


def build_report(project: Mapping[str, Any], result: Mapping[str, Any], basis: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report as data: overview, basis, targets, indicators, energy, funds, problems, conclusion, advice."""
    return {
        "title": f"{project['project_name']}项目评价报告",
        "overview": dict(project),
        "basis": {**basis, **{key: result[key] for key in ("doc_no", "edition", "ruleset", "interpretations")}},
        "targets": result["targets"],
        "areas": result.get("areas", []),
        "heads": result["heads"],
        "energy": result["energy"],
        "funds": result["funds"],
        "problems": result["problems"],
        "conclusion": {
            **{key: result[key] for key in ("score", "grade", "grade_label", "hard_fail", "targets_met")},
            **{key: result.get(key, []) for key in ("undetermined", "unscored")},
        },
        "advice": [result["proposal"], *([basis["advice"]] if basis.get("advice") else [])],
    }


def markdown_report(report: Mapping[str, Any]) -> str:
    """Return the report as a Chinese Markdown document, in which typed text stays text."""
    parts = [
        _said("# {title}", **report),
        _overview(report["overview"]),
        _basis(report["basis"]),
        _targets(report["targets"]),
        _areas(report["areas"]),
        _heads(report["heads"]),
        _energy(report["energy"]),
        _funds(report["funds"]),
        _numbered_list("六、存在问题", report["problems"], "未发现问题。"),
        _conclusion(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(project: Mapping[str, Any]) -> str:
    lines = [
        _said("项目名称：{project_name}（申报编号 {declaration_no}）", **project),
        _said("项目单位：{applicant_name}（{applicant_uscc}）", **project),
        _said("支持方式：{}", SUPPORT_MODES[project["mode"]]),
        _said("核定金额 {award_yuan} 元，已拨付 {released_yuan} 元", **project),
        _said("交付日期：{delivered_on}；评价期限：{evaluation_due_on}", **project),
    ]
    return "\n".join(["## 一、项目概况", "", *(f"- {line}" for line in lines)])


def _basis(basis: Mapping[str, Any]) -> str:
    readings_used = "；".join(_reading_text(key, basis["interpretations"][key]) for key in READINGS)
    lines = [
        _said("依据 {doc_no}，规则集 {ruleset:.16}。", **basis),
        _said("评价基准日 {reference_on}。", **basis),
        _said("采用口径：{}。", readings_used),
    ]
    return "\n".join(["## 二、评价依据和方法", "", *lines])


def _reading_text(key: str, option: str) -> str:
    reading = readings()[key]
    return f"（{reading.id}）{reading.options[option]}"


def _targets(targets: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [item["clause"], item["label"], item["target"], item["actual"], MET[item["met"]], item["gap"] or "－"]
        for item in targets
    ]
    return "## 三、改造目标对照\n\n" + _table(["条款", "目标", "要求", "实际", "结果", "差距"], rows)


def _areas(areas: Sequence[Mapping[str, Any]]) -> str:
    """Return the paragraph on the areas that divide the ratios, with the reason of each that differs."""
    lines = [
        "- " + _said("{sentence}。", **item) + (_said("差异理由：{reason}。", **item) if item["reason"] else "")
        for item in areas
    ]
    return "\n".join(["计算面积核对：", "", *lines]) if lines else ""


def _heads(heads: Sequence[Mapping[str, Any]]) -> str:
    rows = [[item["label"], item["weight"], item["score"], item["detail"]] for item in heads]
    return "## 四、五项评价\n\n" + _table(["项目", "权重", "得分", "说明"], rows)


def _energy(energy: Mapping[str, Any] | None) -> str:
    if energy is None:
        return ""
    methods = f"基准期{ENERGY_METHODS[energy['baseline_method']]}、报告期{ENERGY_METHODS[energy['report_method']]}"
    return _said(
        "能耗核算（{methods}）：基准期 {baseline_tce} 吨标准煤（{baseline_kgce_per_m2} 千克标准煤/平方米），"
        "报告期 {report_tce} 吨标准煤（{report_kgce_per_m2} 千克标准煤/平方米）；光伏自用 {pv_used_kwh} 千瓦时单列。",
        methods=methods,
        **energy,
    )


def _funds(funds: Mapping[str, Any]) -> str:
    diverted = "存在" if funds["misused"] or funds["open_diversion"] else "未发现"
    matches = "相符" if funds["ledger_matches"] else "不符"
    lines = [
        _said("留用补助资金 {kept_yuan} 元，已使用 {used_yuan} 元，未使用 {unspent_yuan} 元。", **funds),
        _said(
            "账实{}；审计问题 {audit_findings} 个；季报逾期 {late_quarters} 次；{}挪用。", matches, diverted, **funds
        ),
    ]
    return "\n".join(["## 五、资金使用", "", *lines])


def _conclusion(report: Mapping[str, Any]) -> str:
    end = report["conclusion"]
    lines = [
        _said("评价得分 {score} 分，等级“{grade_label}”", **end)
        + ("（因资金挪用直接定为不合格）。" if end["hard_fail"] else "。"),
        _said("改造目标总体：{}。", MET[end["targets_met"]]),
        *([_said("未评分（按 0 分计）：{}。", "、".join(end["unscored"]))] if end["unscored"] else []),
        *(_said("{}。", item).replace("。。", "。") for item in report["advice"]),
    ]
    return "\n".join(["## 七、结论和建议", "", *lines])


def _numbered_list(title: str, items: Sequence[str], nothing: str) -> str:
    return "\n".join([f"## {title}", "", *([_said("{}. {}", n, item) for n, item in enumerate(items, 1)] or [nothing])])


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    lines += [" | ".join(_said("{}", cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
