"""`tenghuan policy`: the real command on files, and the served replay."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from typer.testing import Result

from deploy.cli.policy.replaying import replayed_cases
from shared.policy.ruleset import jsonable
from tests.cases.form import base
from tests.deploy.operator_commands import invoked
from tests.eligibility.fixtures import OPEN, SETTLE, act, facts, forward
from tests.world import World

DAY = ("--as-of", "2024-03-01")


async def policy(*arguments: object, code: int = 0) -> Result:
    result = await invoked(["policy", *map(str, arguments)], {})
    assert result.exit_code == code, (result.output, result.exception)
    return result


async def found(*arguments: object, code: int = 0) -> Any:
    return json.loads((await policy(*arguments, "--json", code=code)).stdout)


def written(folder: Path, *projects: dict[str, Any], name: str = "projects.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(list(projects), ensure_ascii=False), "utf-8")
    return file


def building(**changed: Any) -> dict[str, Any]:
    facts: dict[str, Any] = jsonable({**base("building"), **changed})
    return facts


async def test_an_edition_is_shown_with_clauses_parameters_and_readings() -> None:
    shown = await found("show", "2023", *DAY)
    assert (shown["edition"], shown["doc_no"], shown["as_of"]) == ("2023", "京发改规〔2023〕12号", "2024-03-01")
    rules = {rule["rule"]: rule for rule in shown["rules"]}
    assert (rules["building_age"]["clause"], rules["building_age"]["when"]) == (
        "二（一）1", "building_age_years >= p.building_age_years",
    )  # fmt: skip
    figures = {row["key"]: (row["value"], row["from"]) for row in shown["parameters"]}
    assert figures["building_renovated_area_m2"] == ("20,000㎡", "2023-08-31")
    assert {row["id"] for row in shown["readings"]} >= {"I1", "I2", "I3"}
    table = (await policy("show", "2021")).stdout
    assert "京发改规〔2021〕1号" in table
    assert "位于重点区域" in table


async def test_a_district_or_reading_changes_what_is_shown() -> None:
    plain = await found("show", *DAY)
    other = await found("show", *DAY, "--reading", "standalone_infrastructure=allowed")
    assert plain["ruleset"] != other["ruleset"]
    wrong = await policy("show", "--reading", "standalone_infrastructure=never", code=1)
    assert "standalone_infrastructure" in wrong.stderr
    assert "2021" in (await policy("show", "1999", code=1)).stderr
    await policy("show", "--reading", "nothing", code=2)


async def test_editions_are_compared_rule_by_rule_and_parameter_by_parameter() -> None:
    shown = await found("diff", "2021", "2023", *DAY)
    rules = {(row["key"], row["field"]): row for row in shown["rules"]}
    assert rules["key_area", ""]["change"] == "删去"
    assert rules["production_ended", ""]["change"] == "新增"
    grounds = rules["building_inefficient", "when"]
    assert (" or (building_district_tax" in grounds["before"], "i.building_grounds" in grounds["after"]) == (True, True)
    figures = {(row["key"], row["field"]): (row["before"], row["after"]) for row in shown["parameters"]}
    assert figures["building_renovated_area_m2", "value"] == (None, "20,000㎡")
    assert ("pv_roof_share", "value") not in figures
    assert (await found("diff", "2023", "2023", *DAY))["rules"] == []
    assert "新增" in (await policy("diff", "2021", "2023")).stdout


CODES = [({}, "eligible", 0), ({"title_clear": False}, "ineligible", 3), ({"title_clear": None}, "undetermined", 5)]


@pytest.mark.parametrize(("changed", "decision", "code"), CODES)
async def test_a_file_is_judged_in_words_with_an_exit_code(
    tmp_path: Path, changed: dict[str, Any], decision: str, code: int
) -> None:
    file = written(tmp_path, building(**changed))
    (record,) = await found("check", file, *DAY, code=code)
    assert record["decision"] == decision
    said = (await policy("check", file, *DAY, code=code)).stdout
    assert "京发改规〔2023〕12号" in said
    assert ("由谁提供" in said, "安排 30,000,000元" in said) == (code == 5, code != 3)


async def test_the_decision_is_drawn_beside_the_words(tmp_path: Path) -> None:
    file = written(tmp_path, building())
    for name, beginning in (("d.svg", "<svg"), ("d.mmd", "flowchart"), ("d.txt", "- ✔")):
        await policy("check", file, *DAY, "--picture", tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(beginning)
    assert ElementTree.parse(tmp_path / "d.svg").getroot().get("role") == "img"
    refused = await policy("check", file, "--picture", tmp_path / "d.png", code=1)
    assert "--picture" in refused.stderr
    assert "2 个" in (
        await policy("check", written(tmp_path, building(), building()), "--picture", tmp_path / "d.svg", code=1)
    ).stderr  # fmt: skip


def rows_of(*projects: dict[str, Any]) -> str:
    """Return projects as CSV with one column per fact and per field of a component."""
    flat = []
    for project in projects:
        row = {name: value for name, value in project.items() if name != "components"}
        row["industries"] = "、".join(project["industries"])
        for place, component in enumerate(project["components"]):
            row |= {f"components.{place}.{name}": value for name, value in component.items()}
        flat.append({name: {True: "是", False: "否"}.get(value, value) for name, value in row.items()})
    text = io.StringIO()
    table = csv.DictWriter(text, list(dict.fromkeys(name for row in flat for name in row)))
    table.writeheader()
    table.writerows(flat)
    return text.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_the_three_forms_of_a_file_are_judged_alike(tmp_path: Path, encoding: str) -> None:
    project = building(other_municipal_funds=True)
    table = tmp_path / "projects.csv"
    table.write_bytes(rows_of(project, building()).encode(encoding))
    first, second = await found("check", table, *DAY, code=3)
    (same,) = await found("check", written(tmp_path, project), *DAY, code=3)
    assert {**first, "facts": 0} == {**same, "facts": 0}
    assert second["decision"] == "eligible"
    document = tmp_path / "project.toml"
    document.write_text(
        'project_type = "inefficient_building"\n[[components]]\nkind = "building"\n'
        "completed_on = 2001-05-01\nrenovated_area_m2 = 15000\n", "utf-8",
    )  # fmt: skip
    (small,) = await found("check", document, *DAY, code=3)
    assert (small["unmet"], small["facts"]["components"][0]["renovated_area_m2"]) == (["二（一）1"], "15000")


BAD = [
    ("a.json", '[{"pv_roof_share": "四成"}]', "第 1 个项目 pv_roof_share"),
    ("a.json", '[{}, {"components": [{"kind": "tower"}]}]', "第 2 个项目 components.0.kind"),
    ("a.csv", "title_clear\n也许\n", "第 1 个项目 title_clear"),
    ("a.csv", "title_clear,x\n是\n", "第 1 行列数与表头不符"),
    ("a.toml", "unknown_fact = 1\n", "第 1 个项目 unknown_fact：没有这个字段"),
    ("a.toml", "a = \n", "a.toml"),
    ("a.xlsx", "", ".csv"),
    ("a.json", "[]", "没有项目"),
]


@pytest.mark.parametrize(("name", "content", "told"), BAD)
async def test_a_fault_names_project_and_field(tmp_path: Path, name: str, content: str, told: str) -> None:
    file = tmp_path / name
    file.write_text(content, "utf-8")
    assert told in (await policy("check", file, code=1)).stderr


async def test_decisions_of_a_file_are_judged_again(tmp_path: Path) -> None:
    written_by_check = await policy(
        "check", written(tmp_path, building(), building(title_clear=None)), *DAY, "--json", code=5
    )
    file = tmp_path / "decisions.json"
    file.write_text(written_by_check.stdout, "utf-8")
    assert await found("replay", file) | {"records": 0} == {"replayed": 2, "different": 0, "records": 0}
    file.write_text(written_by_check.stdout.replace('"decision": "eligible"', '"decision": "ineligible"'), "utf-8")
    again = await found("replay", file, code=3)
    assert [row["differs_in"] for row in again["records"]] == [["decision"], []]
    file.write_text("{}", "utf-8")
    await policy("replay", file, code=1)
    await policy("replay", code=2)
    assert "does not answer" in (await policy("replay", "--url", "http://127.0.0.1:9", code=4)).stderr


async def test_a_day_between_the_editions_is_undetermined_and_judged_alike_again(tmp_path: Path) -> None:
    between = ("--as-of", "2023-07-15")
    told = await policy("check", written(tmp_path, building()), *between, "--json", code=5)
    (record,) = json.loads(told.stdout)
    assert (record["decision"], record["ruleset"], record["open"]) == ("undetermined", "", ["二"])
    file = tmp_path / "decisions.json"
    file.write_text(told.stdout, "utf-8")
    assert (await found("replay", file))["different"] == 0
    said = await policy("check", written(tmp_path, building()), *between, "--picture", tmp_path / "d.txt", code=5)
    assert "没有施行的政策版本" in said.stdout
    assert "没有施行的政策版本" in (tmp_path / "d.txt").read_text("utf-8")


async def test_the_decisions_of_a_service_are_judged_again(world: World) -> None:
    declaration_id = await forward(world, facts(drop=OPEN))
    await act(world, declaration_id, "settle", "city-officer-1", SETTLE)
    headers = {"authorization": f"Bearer {world.token('auditor-1')}"}
    transport = httpx.ASGITransport(app=world.apps["eligibility"])
    async with httpx.AsyncClient(transport=transport, base_url="http://eligibility.test", headers=headers) as client:
        rows = await replayed_cases(client)
    assert [(row["case"][-3:], row["equal"]) for row in rows] == [("第1次", True), ("第2次", True)]


async def test_a_changed_parameter_is_compared_with_the_rules_in_force(tmp_path: Path) -> None:
    small = building()
    small["components"][0]["renovated_area_m2"] = "15000"
    file = written(tmp_path, building(), small)
    shown = await found("simulate", file, *DAY, "--set", "building_renovated_area_m2=10000")
    assert (shown["before"]["counts"]["eligible"], shown["after"]["counts"]["eligible"]) == (1, 2)
    assert shown["touched"] == ["building_renovated_area"]
    assert "受影响的规则：building_renovated_area" in (
        await policy("simulate", file, *DAY, "--set", "building_renovated_area_m2=10000")
    ).stdout  # fmt: skip
    curve = await found("simulate", file, *DAY, "--curve", "building_renovated_area_m2=10000,20000,30000")
    assert [point["eligible"] for point in curve["points"]] == [2, 1, 0]


WRONG = [
    (("--set", "nothing=1"), "nothing", 1),
    (("--set", "building_renovated_area_m2=much"), "much", 1),
    (("--reading", "cap_scope=nobody"), "cap_scope", 1),
    (("--curve", "building_renovated_area_m2"), "--curve", 1),
    (("--set", "x"), "", 2),
    (("--set", "a=1", "--curve", "a=1"), "", 2),
]


@pytest.mark.parametrize(("options", "told", "code"), WRONG)
async def test_a_wrong_change_is_refused_by_name(
    tmp_path: Path, options: tuple[str, ...], told: str, code: int
) -> None:
    assert told in (await policy("simulate", written(tmp_path, building()), *DAY, *options, code=code)).stderr


async def test_schema_and_model_are_printed() -> None:
    schema = json.loads((await policy("export", "2023", *DAY)).stdout)
    model = json.loads((await policy("export", "2023", "--form", "jdm", *DAY)).stdout)
    assert schema["x-edition"] == model["metadata"]["edition"] == "2023"
    await policy("export", "--form", "dmn", code=2)
