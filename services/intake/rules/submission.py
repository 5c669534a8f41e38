"""Completeness of a declaration before submission: all gaps at once, each with its remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from services.intake.rules.checklist import Line

_IDENTIFYING: Final = (
    ("project_code", "项目代码", "三（一）", "填写投资项目在线审批监管平台的项目代码，如 2401-110105-04-01-000001"),
    ("address", "项目地址", "三（一）", "填写项目所在地的详细地址"),
    ("operation_mode", "实施方式", "二", "选择自主（own）、联营（joint）或租赁（lease）"),
)
_FACTS: Final = (
    (
        "project_type",
        "项目类型",
        "二（一）",
        "选择低效楼宇（inefficient_building）、老旧厂房（old_factory）或片区统筹（area_package）",
    ),
    (
        "support_mode",
        "申请的支持方式",
        "二（四）",
        "在投资补助（investment_grant）和贷款贴息（interest_subsidy）中选择一种",
    ),
    (
        "construction_status",
        "建设状态",
        "二（五）",
        "按实际选择不具备开工条件（not_ready）、具备开工条件（ready_to_start）、在建（under_construction）或完成（completed）",
    ),
    ("other_municipal_funds", "是否获得过其他市级财政性资金", "二（五）", "据实填写是（true）或否（false）"),
)
_COMPONENT: Final = (
    ("renovated_area_m2", "改造面积", "二（一）", "平方米"),
    ("fixed_investment_yuan", "固定资产投资", "二（四）1", "元"),
)
_LOAN: Final = (
    ("loan_bank", "贷款银行"),
    ("loan_amount_yuan", "贷款金额（元）"),
    ("loan_term_months", "贷款期限（月）"),
)
_OWN_KIND: Final = {"inefficient_building": ("building", "楼宇", "1"), "old_factory": ("factory", "厂房", "2")}
_RENOVATED: Final = ("building", "factory")


@dataclass(frozen=True)
class Gap:
    """Missing field (JSON pointer) or material (code), with the clause and the remedy."""

    subject: str
    label: str
    clause: str
    how_to_fix: str

    def as_dict(self) -> dict[str, str]:
        """Return the gap as JSON values."""
        return asdict(self)


def gaps(declaration: Mapping[str, Any], lines: Iterable[Line]) -> list[Gap]:
    """Return every gap that prevents the submission. 三（一）

    `declaration` maps field names to values, with `facts` as stored; `lines` is the checklist with its states.
    """
    facts: Mapping[str, Any] = declaration["facts"]
    return [
        *(Gap(f"/{name}", label, clause, how) for name, label, clause, how in _IDENTIFYING if not declaration[name]),
        *(Gap(f"/facts/{name}", label, clause, how) for name, label, clause, how in _FACTS if facts.get(name) is None),
        *_component_gaps(facts),
        *_package_gaps(facts),
        *_loan_gaps(declaration, facts),
        *material_gaps(lines, "applicant"),
    ]


def material_gaps(lines: Iterable[Line], *providers: str) -> list[Gap]:
    """Return the materials that these providers have not yet provided. 三（一）¶2"""
    return [
        Gap(line.item.code, line.item.name, line.item.clause, line.item.how)
        for line in lines
        if line.state == "missing" and line.item.provider in providers
    ]


def _component_gaps(facts: Mapping[str, Any]) -> list[Gap]:
    components = facts.get("components") or ()
    if not components:
        return [Gap("/facts/components", "项目组成", "二（一）", "至少填写一个楼宇、厂房或片区组成部分")]
    found = [
        Gap(
            f"/facts/components/{index}/{name}", f"第{index + 1}项{label}", clause, f"填写该组成部分的{label}（{unit}）"
        )
        for index, part in enumerate(components)
        for name, label, clause, unit in _COMPONENT
        if part.get(name) is None and not (part["kind"] == "infrastructure" and name == "renovated_area_m2")
    ]
    kind, word, item = _OWN_KIND.get(str(facts.get("project_type")), ("", "", ""))
    if kind and any(part["kind"] != kind for part in components):
        found.append(
            Gap("/facts/components", "项目组成", f"二（一）{item}", f"该类型只含{word}；含其他内容的请按片区统筹申报")
        )
    return found


def _package_gaps(facts: Mapping[str, Any]) -> list[Gap]:
    """Return the gaps of an area package: one entity, at least two buildings or factories. 二（一）3"""
    if facts.get("project_type") != "area_package":
        return []
    found = []
    if facts.get("single_entity") is not True:
        found.append(
            Gap("/facts/single_entity", "单一实施主体", "二（一）3", "片区统筹项目须由单一实施主体开展并打捆申报")
        )
    if sum(part["kind"] in _RENOVATED for part in facts.get("components") or ()) < 2:
        found.append(Gap("/facts/components", "项目组成", "二（一）3", "片区统筹项目至少包含两处楼宇或厂房"))
    return found


def _loan_gaps(declaration: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Gap]:
    if facts.get("support_mode") != "interest_subsidy":
        return []
    return [
        Gap(f"/{name}", label, "二（四）2", f"申请贷款贴息须填写{label}")
        for name, label in _LOAN
        if not declaration[name]
    ]
