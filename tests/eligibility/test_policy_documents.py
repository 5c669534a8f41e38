"""Editions, clauses and rule sets as anybody reads them, in full. 二"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.eligibility.policy import clauses_of
from shared.policy import resolve
from tests.eligibility.fixtures import facts, forward, read_case
from tests.eligibility.stored_rows import standard, store
from tests.world import World

TABLES = Path(__file__).parents[1] / "shared" / "policy" / "cases"
CLAUSES = [  # with kinds of obligation and responsible services
    ("一", "原则", ""),
    ("二", "判定 留存", "eligibility"),
    ("二（一）", "判定", "eligibility"),
    ("二（一）1", "判定 参数", "eligibility"),
    ("二（一）2", "判定 参数", "eligibility"),
    ("二（一）3", "判定 参数", "intake eligibility"),
    ("二（二）", "判定", "eligibility"),
    ("二（二）1", "判定 参数", "eligibility"),
    ("二（二）2", "判定", "eligibility"),
    ("二（二）3", "判定", "eligibility"),
    ("二（三）1", "判定 参数", "eligibility monitoring"),
    ("二（三）2", "判定 参数", "eligibility monitoring"),
    ("二（四）", "判定", "eligibility funding"),
    ("二（四）1", "参数 计算", "eligibility funding"),
    ("二（四）2", "参数 计算", "funding"),
    ("二（五）", "判定", "intake eligibility funding"),
    ("三（一）", "办理 留存", "intake"),
    ("三（二）", "办理 计算", "eligibility funding"),
    ("三（三）", "办理 计算 参数", "monitoring"),
    ("四（一）1", "办理 留存", "intake funding monitoring"),
    ("四（一）2", "办理 留存 参数 判定", "intake eligibility monitoring"),
    ("四（一）3", "办理 留存 计算", "monitoring"),
    ("四（二）1", "对接 计算", "monitoring"),
    ("四（二）2", "留存 参数", "funding monitoring"),
    ("四（二）3", "参数", "eligibility"),
    ("四（二）4", "对接 办理", "funding"),
]
TRIAL = {"其余条件", "其余目标", "供暖", "光伏", "厂房面积", "楼宇认定", "楼宇面积", "节能率", "重点区域", "投资补助"}


async def read(world: World, path: str) -> Any:
    return (await world.call("eligibility", "GET", path, None, status=200)).json()["items"]


def strength_of(strength: Any) -> str:
    return strength if isinstance(strength, str) else f"取决于口径 {strength['by']}"


async def test_each_edition_shows_its_days_and_its_rules(world: World) -> None:
    older, current = await read(world, "/v1/editions")
    rules = {edition["id"]: edition.pop("rules") for edition in (older, current)}
    assert older == {
        "id": "2021", "doc_no": "京发改规〔2021〕1号", "in_force_from": "2021-05-28", "in_force_to": "2023-05-31",
        "title": "关于加强腾退空间和低效楼宇改造利用促进高精尖产业发展的工作方案（试行）",
        "assumed": "以印发日起算；试行期于2023年5月底届满",
    }  # fmt: skip
    assert current == {
        "id": "2023", "doc_no": "京发改规〔2023〕12号", "in_force_from": "2023-08-31", "in_force_to": None,
        "title": "关于加强腾退低效产业空间改造利用促进产业高质量发展的实施方案",
        "assumed": "文中未写施行日，以印发日起算",
    }  # fmt: skip
    for edition, table in yaml.safe_load((TABLES / "edition_rules.yaml").read_text("utf-8")).items():
        shown = {
            rule["rule"]: [rule[name] for name in ("clause", "phase", "strength", "label", "quote")]
            for rule in rules[edition]
        }
        assert shown == {
            name: [clause, phase, strength_of(strength), *texts]
            for name, (clause, phase, strength, *texts) in table.items()
        }


async def test_clauses_are_those_of_the_edition_asked_for(world: World) -> None:
    current = await read(world, "/v1/clauses?limit=200")
    shown = [(clause["clause"], " ".join(clause["kinds"]), " ".join(clause["services"])) for clause in current]
    assert shown == CLAUSES
    assert await read(world, "/v1/clauses?limit=200&edition=2023") == current
    older = await read(world, "/v1/clauses?limit=200&edition=2021")
    assert {clause["clause"] for clause in older} == TRIAL
    for clause in older:
        assert not any(clause[name] for name in ("asks", "kinds", "services", "acts", "modules", "tables", "tests"))
    assert (await world.call("eligibility", "GET", "/v1/clauses?edition=1999", None)).status_code == 422


def test_a_clause_names_its_rules_amounts_figures_and_readings() -> None:
    known = {clause.clause: clause for clause in clauses_of("2023")}
    table = yaml.safe_load((TABLES / "edition_rules.yaml").read_text("utf-8"))["2023"]
    for name, clause in known.items():
        assert set(clause.rules) == {rule for rule, (home, *_) in table.items() if home == name}, name
    readings = yaml.safe_load((TABLES / "readings.yaml").read_text("utf-8"))
    for name, clause in known.items():
        assert set(clause.interpretations) == {key for key, (_, home, *_) in readings.items() if home == name}, name
    figures = yaml.safe_load((TABLES / "parameters.yaml").read_text("utf-8"))
    for name, clause in known.items():
        rows = [(key, row) for key, dated in figures.items() for row in dated.values() if isinstance(row, list)]
        refs = {key for key, (ref, *_) in rows if ref == f"2023#{name}"}
        assert set(clause.parameters) == refs, name
    assert known["二（四）1"].amounts == ["investment_grant"]


@pytest.mark.clause("四（一）2")
async def test_a_rule_set_is_kept_in_full_with_the_district_standard_that_it_used(world: World) -> None:
    await store(world, standard(1, "0.5", "2024-01-01"))
    first = (await read_case(world, await forward(world, facts())))["current"]["ruleset"]
    second = (await read_case(world, await forward(world, facts(), district="110106")))["current"]["ruleset"]
    kept = {key: await world.get("eligibility", f"/v1/rulesets/{key}", "auditor-1") for key in (first, second)}
    for key, ruleset in kept.items():
        assert (ruleset["hash"], ruleset["edition"], ruleset["doc_no"]) == (key, "2023", "京发改规〔2023〕12号")
    plain = resolve(date(2024, 3, 1), "110106")
    assert second == plain.hash
    assert kept[first]["content"]["parameters"]["low_occupancy"]["value"] == "0.5"
    assert kept[second]["content"]["parameters"]["low_occupancy"]["value"] is None
    assert list(kept[second]["content"]["rules"]) == list(plain.content["rules"])
