"""JSON Schema of the inputs and JDM export over HTTP. 二"""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.facts import Component, ProjectFacts
from shared.policy.ruleset import jsonable
from tests.cases.form import base
from tests.world import World


async def read(world: World, path: str) -> Any:
    answer = await world.clients["eligibility"].get(path)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.clause("二")
async def test_the_schema_holds_what_a_declaration_may_state(world: World) -> None:
    answer = await read(world, "/v1/editions/2023/input-schema")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for kind in ("building", "factory", "area"):
        assert list(validator.iter_errors(jsonable(base(kind)))) == []
    assert set(schema["properties"]) <= set(ProjectFacts.model_fields)
    for kind in schema["properties"]["components"]["items"]["allOf"]:
        assert set(kind["then"]["properties"]) <= set(Component.model_fields)
    assert schema["properties"]["pv_roof_share"]["x-provider"] == "项目单位"
    assert "二（三）2" in schema["properties"]["pv_roof_share"]["x-clauses"]


WRONG = {
    "a word for a number": {"pv_roof_share": "四成"},
    "a number for a yes or no": {"title_clear": 1},
    "an unknown type": {"project_type": "tower"},
    "an unknown industry": {"industries": ["mining"]},
    "a component of no kind": {"components": [{"renovated_area_m2": "1"}]},
    "an Excel serial for a date": {"components": [{"kind": "building", "completed_on": 39629}]},
}


async def test_the_schema_refuses_what_the_rules_cannot_read(world: World) -> None:
    validator = Draft202012Validator((await read(world, "/v1/editions/2023/input-schema")).json())
    assert {name for name, facts in WRONG.items() if validator.is_valid(facts)} == set()


async def test_the_trial_edition_lists_what_an_official_settles(world: World) -> None:
    schema = (await read(world, "/v1/editions/2021/input-schema?as_of=2022-03-01")).json()
    assert (schema["x-edition"], schema["x-as-of"]) == ("2021", "2022-03-01")
    everything = {*schema["properties"], *(item["input"] for item in schema["x-settled-by-officials"])}
    assert {"key_area", "unread_provisions_met"} <= everything
    late = (await read(world, "/v1/editions/2021/input-schema")).json()
    assert late["x-as-of"] == "2023-05-31"


async def test_the_decision_model_says_what_it_cannot_express(world: World) -> None:
    model = (await read(world, "/v1/editions/2023/decision-model?as_of=2024-03-01")).json()
    limits = "".join(model["metadata"]["limits"])
    assert "待定" in limits
    assert "按日施行" in limits
    assert model["metadata"]["as_of"] == "2024-03-01"
    assert model["metadata"]["parameters"]["building_renovated_area_m2"]["value"] == "20000"
    assert (await world.clients["eligibility"].get("/v1/editions/1999/decision-model")).status_code == 422
