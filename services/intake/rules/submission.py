"""What a declaration still lacks before it may be submitted: everything at once, each with how to fix it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from services.intake.rules.checklist import Line

_IDENTIFYING: Final = (
    ("project_code", "项目代码", "三（一）", "填写投资项目在线审批监管平台的项目代码"),
    ("address", "项目地址", "三（一）", "填写项目所在地的详细地址"),
    ("operation_mode", "实施方式", "二", "选择自主、联营或租赁"),
)
_FACTS: Final = (
    ("project_type", "项目类型", "二（一）", "选择低效楼宇、老旧厂房或片区统筹"),
    ("support_mode", "申请的支持方式", "二（四）", "在投资补助和贷款贴息中选择一种"),
    ("construction_status", "建设状态", "二（五）", "填写在建、具备开工条件等实际状态"),
    ("other_municipal_funds", "是否获得过其他市级财政性资金", "二（五）", "据实填写是或否"),
)
_COMPONENT: Final = (
    ("renovated_area_m2", "改造面积", "二（一）"),
    ("fixed_investment_yuan", "固定资产投资", "二（四）1"),
)
_LOAN: Final = (("loan_bank", "贷款银行"), ("loan_amount_yuan", "贷款金额"), ("loan_term_months", "贷款期限"))
_OWN_KIND: Final = {"inefficient_building": ("building", "楼宇", "1"), "old_factory": ("factory", "厂房", "2")}
_RENOVATED: Final = ("building", "factory")


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: the field (JSON pointer) or the material (code), the clause, and what to do."""

    subject: str
    label: str
    clause: str
    how_to_fix: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def gaps(declaration: Mapping[str, Any], lines: Iterable[Line]) -> list[Gap]:
    """Everything that keeps a declaration from being submitted. 三（一）

    `declaration` has its fields by name with `facts` as stored; `lines` is the checklist as it stands.
    """
    facts: Mapping[str, Any] = declaration["facts"]
    return [
        *(_gap(f"/{name}", label, clause, how) for name, label, clause, how in _IDENTIFYING if not declaration[name]),
        *(_gap(f"/facts/{name}", label, clause, how) for name, label, clause, how in _FACTS if facts.get(name) is None),
        *_component_gaps(facts),
        *_package_gaps(facts),
        *_loan_gaps(declaration, facts),
        *material_gaps(lines, "applicant"),
    ]


def material_gaps(lines: Iterable[Line], *providers: str) -> list[Gap]:
    """The materials that these providers still owe. 三（一）¶2"""
    return [
        Gap(line.item.code, line.item.name, line.item.clause, line.item.how)
        for line in lines
        if line.state == "missing" and line.item.provider in providers
    ]


def _gap(subject: str, label: str, clause: str, how: str) -> Gap:
    return Gap(subject, label, clause, how)


def _component_gaps(facts: Mapping[str, Any]) -> list[Gap]:
    components = facts.get("components") or ()
    if not components:
        return [Gap("/facts/components", "项目组成", "二（一）", "至少填写一个楼宇、厂房或片区组成部分")]
    found = [
        Gap(f"/facts/components/{index}/{name}", f"第{index + 1}项{label}", clause, f"填写该组成部分的{label}")
        for index, part in enumerate(components)
        for name, label, clause in _COMPONENT
        if part.get(name) is None and not (part["kind"] == "infrastructure" and name == "renovated_area_m2")
    ]
    kind, word, item = _OWN_KIND.get(str(facts.get("project_type")), ("", "", ""))
    if kind and any(part["kind"] != kind for part in components):
        found.append(
            Gap("/facts/components", "项目组成", f"二（一）{item}", f"该类型只含{word}；含其他内容的请按片区统筹申报")
        )
    return found


def _package_gaps(facts: Mapping[str, Any]) -> list[Gap]:
    """An area package is one entity's bundle of at least two buildings or factories. 二（一）3"""
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
