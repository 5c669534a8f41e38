"""District standards: the one in force on a date, bounds of the act, every field of the answer. 四（一）2"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.eligibility.models import DistrictStandard
from services.eligibility.standards import standards_by_district, standards_on, without_trailing_zeros
from shared.actors import system_actor
from shared.policy.parameters import DatedValue
from tests.eligibility.stored_rows import standard, store
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2", "四（二）3")
PATH = "/v1/district-standards"
STANDARD = {
    "district": "110105", "parameter": "low_occupancy", "value": "0.50", "valid_from": "2024-01-01",
    "document_no": "示例区低效楼宇认定标准", "reason": "落实四（一）2",
}  # fmt: skip
TAX = "low_tax_yuan_per_m2"
# Number 2 was entered after number 1 and is in force earlier; number 4 replaces number 3 on its own date.
ENTERED: list[DistrictStandard] = [
    standard(1, "0.3000", "2024-03-01"),
    standard(2, "0.5", "2024-02-01"),
    standard(3, "150", "2024-02-10", parameter=TAX),
    standard(4, "180.5000", "2024-02-10", parameter=TAX),
    standard(1, "0.7", "2024-02-15", district="110106"),
]
IN_FORCE: list[tuple[str, str, dict[str, tuple[str, str]]]] = [
    ("110105", "2024-01-31", {}),
    ("110105", "2024-02-01", {"low_occupancy": ("0.5", "文号2")}),
    ("110105", "2024-02-09", {"low_occupancy": ("0.5", "文号2")}),
    ("110105", "2024-02-10", {"low_occupancy": ("0.5", "文号2"), TAX: ("180.5", "文号4")}),
    ("110105", "2024-02-29", {"low_occupancy": ("0.5", "文号2"), TAX: ("180.5", "文号4")}),
    ("110105", "2024-03-01", {"low_occupancy": ("0.3", "文号1"), TAX: ("180.5", "文号4")}),
    ("110106", "2024-02-14", {}),
    ("110106", "2024-02-15", {"low_occupancy": ("0.7", "文号1")}),
    ("110108", "2024-03-01", {}),
]


def shown(standards: dict[str, DatedValue]) -> dict[str, tuple[str, str]]:
    """Return value and document of each parameter, the value as text, so that trailing zeros show."""
    return {key: (str(value.value), value.source) for key, value in standards.items()}


async def test_the_standard_of_the_district_that_began_last_counts(world: World) -> None:
    await store(world, *ENTERED)
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        for district, on, expected in IN_FORCE:
            assert shown(await standards_on(session, district, date.fromisoformat(on))) == expected, (district, on)
        everywhere = await standards_by_district(session, date(2024, 2, 29))
        assert {district: shown(standards) for district, standards in everywhere.items()} == {
            "110105": {"low_occupancy": ("0.5", "文号2"), TAX: ("180.5", "文号4")},
            "110106": {"low_occupancy": ("0.7", "文号1")},
        }
        value = (await standards_on(session, "110106", date(2024, 3, 1)))["low_occupancy"]
    assert value == DatedValue(
        "low_occupancy", "区级入驻率偏低标准", "%", date(2024, 2, 15), Decimal("0.7"), source="文号1", district="110106"
    )


@pytest.mark.parametrize(
    ("number", "plain"), [("0.3000", "0.3"), ("200.0000", "200"), ("0", "0"), ("1E+3", "1000"), ("1.50", "1.5")]
)
def test_a_number_is_written_without_trailing_zeros_and_exponent(number: str, plain: str) -> None:
    assert str(without_trailing_zeros(Decimal(number))) == plain


async def publish(world: World, who: str = "110105-supervisor-1", status: int = 201, **changed: Any) -> Any:
    return await world.post("eligibility", PATH, who, {**STANDARD, **changed}, status)


async def test_a_published_standard_is_numbered_in_its_district_and_shown_in_full(world: World) -> None:
    answer = await world.call("eligibility", "POST", PATH, "110105-supervisor-1", STANDARD, status=201)
    own_path = f"{PATH}/{answer.json()['id']}"
    assert (answer.headers["location"], answer.headers["etag"]) == (own_path, '"1"')
    theirs = await publish(world, "110106-supervisor-2", district="110106", value="0.4", document_no="丰台标准")
    second = await publish(world, parameter=TAX, value="150.5000", valid_from="2024-02-01")
    UUID(second["id"])
    who = {"set_by": "110105-supervisor-1", "set_by_name": "朝阳区负责人甲（示例）", "set_at": "2024-03-01T02:00:00Z"}
    assert second == {
        "id": second["id"], "number": 2, "district": "110105", "parameter": TAX, "label": "单位面积年区级税收界限",
        "unit": "元/㎡", "value": "150.5", "valid_from": "2024-02-01", "document_no": "示例区低效楼宇认定标准", **who,
        "city_value": "200", "effect": "stricter", "effect_label": "不宽于市级，适用", "decisions": [],
        "effect_reason": "朝阳区标准 150.5元/㎡（示例区低效楼宇认定标准）不宽于市级 200元/㎡，按区级标准判定",
    }  # fmt: skip
    assert (theirs["number"], theirs["district"], theirs["set_by"]) == (1, "110106", "110106-supervisor-2")
    listed = (await world.get("eligibility", f"{PATH}?sort=set_at", "110105-officer-1"))["items"]
    assert listed == [answer.json(), second]
    (act,) = (await world.get("eligibility", f"/v1/acts/{second['id']}", "110105-officer-1"))["items"]
    assert (act["act"], act["reason"], act["actor"]) == (
        "set_district_standard",
        "落实四（一）2",
        "110105-supervisor-1",
    )
    assert act["detail"] == {
        "parameter": TAX, "value": "150.5000", "valid_from": "2024-02-01", "document_no": "示例区低效楼宇认定标准",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"value": "1"}, None),
        ({"value": "1.0001"}, "/body/value"),
        ({"value": "0"}, None),
        ({"value": "-0.0001"}, "/body/value"),
        ({"parameter": TAX, "value": "1.01"}, None),
        ({"valid_from": "2020-12-31"}, "/body/valid_from"),
        ({"valid_from": "2021-01-01"}, None),
        ({"valid_from": "2044-02-29"}, None),
        ({"valid_from": "2044-03-01"}, "/body/valid_from"),
        ({"document_no": "文" * 200}, None),
        ({"document_no": "文" * 201}, "/body/document_no"),
        ({"reason": " "}, "/body/reason"),
        ({"district": "110106"}, "/body/district"),
        ({"parameter": "building_age_years"}, "/body/parameter"),
    ],
    ids=str,
)
async def test_a_standard_is_accepted_up_to_its_bounds(world: World, changed: dict[str, str], refused: str) -> None:
    status = 201 if refused is None else 403 if refused == "/body/district" else 422
    answer = await publish(world, status=status, **changed)
    assert [error["pointer"] for error in answer.get("errors", [])] == ([refused] if refused else [])
