"""Programmes of districts: entered, confirmed by another person, ended, corrected, read by everybody. 四（二）3"""

from typing import Any

import pytest

from tests.eligibility.test_dry_run import dry_run, project
from tests.interleaving import refuse_other_versions
from tests.world import World

pytestmark = pytest.mark.clause("四（二）3", "四（二）2")
PATH = "/v1/district-programmes"
AUTHOR, SECOND, HEAD = "110105-officer-1", "110105-officer-2", "110105-supervisor-1"
REASON = {"reason": "按文件办理"}
PROGRAMME = {
    "district": "110105", "name": "示例楼宇更新支持办法", "support_kind": "rent_subsidy", "support": "租金三成",
    "scope": "本区已纳入储备库的项目", "project_types": ["inefficient_building"], "document_no": "朝政发〔2024〕3号",
    "documented_on": "2024-01-15", "valid_from": "2024-02-01", "valid_to": "2025-12-31", "reason": "落实四（二）3",
}  # fmt: skip


async def enter(world: World, status: int = 201, who: str = AUTHOR, **changed: Any) -> Any:
    return await world.post("eligibility", PATH, who, PROGRAMME | changed, status)


async def act(world: World, programme: Any, name: str, who: str, body: Any = None, status: int = 200) -> Any:
    return await world.post("eligibility", f"{PATH}/{programme['id']}/{name}", who, body, status)


async def confirmed(world: World, **changed: Any) -> Any:
    return await act(world, await enter(world, **changed), "confirm", SECOND)


async def shown(world: World, **asked: str) -> list[str]:
    """Return the names that everybody reads."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page = await world.call("eligibility", "GET", f"{PATH}?{query}", None, status=200)
    return [each["name"] for each in page.json()["items"]]


async def test_a_programme_counts_and_is_public_once_another_person_confirms_it(world: World) -> None:
    entered = await enter(world)
    assert (entered["status_label"], entered["entered_by"], await shown(world)) == ("待确认", AUTHOR, [])
    assert (await act(world, entered, "confirm", AUTHOR, status=403))["code"] == "same_officer"
    known = await act(world, entered, "confirm", SECOND)
    assert (known["status"], known["decided_by"]) == ("confirmed", SECOND)
    (public,) = (await world.call("eligibility", "GET", PATH, None, status=200)).json()["items"]
    assert public == {name: PROGRAMME[name] for name in PROGRAMME if name != "reason"} | {"id": entered["id"]}
    assert (await act(world, entered, "confirm", HEAD, status=409))["code"] == "wrong_status"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"on": "2024-01-31"}, []),
        ({"on": "2024-02-01"}, ["甲", "乙"]),
        ({"on": "2025-12-31"}, ["甲", "乙"]),
        ({"on": "2026-01-01"}, ["乙"]),
        ({"project_type": "inefficient_building"}, ["甲", "乙"]),
        ({"project_type": "old_factory"}, ["乙"]),
        ({"district": "110105"}, ["甲", "乙"]),
        ({"district": "110106"}, []),
        ({"sort": "-valid_from"}, ["甲", "乙"]),
    ],
    ids=str,
)
async def test_everybody_reads_what_is_in_force_on_a_day_for_a_type(
    world: World, asked: dict[str, str], names: list[str]
) -> None:
    await confirmed(world, name="甲")
    await confirmed(world, name="乙", project_types=[], valid_to=None)
    await enter(world, name="丙")
    assert sorted(await shown(world, **asked), key="甲乙丙".index) == names


async def test_a_dry_run_names_what_the_district_grants_itself(world: World) -> None:
    await confirmed(world)
    found = await dry_run(world, project(), district="110105", as_of="2024-03-01")
    assert [(own["name"], own["support"], own["document_no"]) for own in found["own_support"]] == [
        (PROGRAMME["name"], PROGRAMME["support"], PROGRAMME["document_no"])
    ]
    others: list[dict[str, Any]] = [{"district": "110106"}, {"as_of": "2026-03-01", "district": "110105"}, {}]
    for elsewhere in others:
        assert (await dry_run(world, project(drop=("district",)), **elsewhere))["own_support"] == []


async def test_a_correction_replaces_what_was_confirmed(world: World) -> None:
    first = await confirmed(world)
    correction = await enter(world, replaces=first["id"], support="租金五成", reason="录入有误")
    assert len(await shown(world)) == 1
    await act(world, correction, "confirm", HEAD)
    (public,) = (await world.call("eligibility", "GET", PATH, None, status=200)).json()["items"]
    assert (public["id"], public["support"]) == (correction["id"], "租金五成")
    earlier = await world.get("eligibility", f"{PATH}/{first['id']}", AUTHOR)
    assert (earlier["status_label"], earlier["support"]) == ("已更正", PROGRAMME["support"])
    refused = await enter(world, 422, replaces=first["id"])
    assert refused["errors"][0]["pointer"] == "/body/replaces"


async def test_a_correction_of_what_was_corrected_meanwhile_is_not_confirmed(world: World) -> None:
    first = await confirmed(world)
    one, other = [await enter(world, replaces=first["id"], name=name) for name in ("甲", "乙")]
    await act(world, one, "confirm", SECOND)
    assert (await act(world, other, "confirm", SECOND, status=409))["code"] == "wrong_status"


async def test_an_entry_is_returned_by_another_person_or_withdrawn_by_its_author(world: World) -> None:
    entered = await enter(world)
    await act(world, entered, "return", AUTHOR, REASON, 403)
    assert (await act(world, entered, "return", HEAD, REASON))["decision_reason"] == "按文件办理"
    again = await enter(world)
    await act(world, again, "withdraw", SECOND, REASON, 403)
    assert (await act(world, again, "withdraw", AUTHOR, REASON))["status"] == "withdrawn"
    for gone in (entered, again):
        assert (await act(world, gone, "confirm", SECOND, status=409))["code"] == "wrong_status"


async def test_a_programme_is_ended_within_its_period_by_its_supervisor(world: World) -> None:
    known = await confirmed(world)
    for day in ("2024-01-31", "2025-12-31"):
        refused = await act(world, known, "end", HEAD, {"ends_on": day, **REASON}, 422)
        assert refused["errors"][0]["pointer"] == "/body/ends_on"
    await act(world, known, "end", AUTHOR, {"ends_on": "2024-06-30", **REASON}, 403)
    ended = await act(world, known, "end", HEAD, {"ends_on": "2024-06-30", **REASON})
    assert (ended["valid_to"], ended["ended_by"], ended["end_reason"]) == ("2024-06-30", HEAD, "按文件办理")
    assert (await shown(world, on="2024-06-30"), await shown(world, on="2024-07-01")) == ([PROGRAMME["name"]], [])
    await act(world, await enter(world, name="另一项"), "end", HEAD, {"ends_on": "2024-06-30", **REASON}, 409)


async def test_a_programme_is_decided_on_as_it_was_read(world: World) -> None:
    path = f"{PATH}/{(await enter(world))['id']}"
    last = {"ends_on": "2024-06-30", **REASON}
    acts = (("confirm", SECOND, None), ("return", SECOND, REASON), ("withdraw", AUTHOR, REASON), ("end", HEAD, last))
    for name, who, body in acts:
        await refuse_other_versions(world, "eligibility", "POST", f"{path}/{name}", who, body)


async def test_a_name_is_entered_once_for_a_first_day_however_it_is_spelled(world: World) -> None:
    await enter(world)
    assert (await enter(world, 409, name="示例楼宇更新 支持办法"))["code"] == "duplicate"
    await enter(world, valid_from="2024-03-01")


@pytest.mark.parametrize(
    ("changed", "status", "pointer"),
    [
        ({"district": "110106"}, 403, "/body/district"),
        ({"valid_to": "2024-01-31"}, 422, "/body"),
        ({"valid_from": "2020-12-31"}, 422, "/body/valid_from"),
        ({"documented_on": "2101-01-01"}, 422, "/body/documented_on"),
        ({"support_kind": "cash"}, 422, "/body/support_kind"),
        ({"project_types": ["infrastructure"]}, 422, "/body/project_types/0"),
        ({"name": " "}, 422, "/body/name"),
    ],
)
async def test_an_entry_is_of_the_own_district_and_complete(
    world: World, changed: dict[str, Any], status: int, pointer: str
) -> None:
    assert (await enter(world, status, **changed))["errors"][0]["pointer"] == pointer


async def test_officials_read_every_entry_of_their_districts(world: World) -> None:
    first, second = await confirmed(world, name="甲"), await enter(world, name="乙", valid_from="2024-03-01")
    path = "/v1/district-programme-entries"
    for asked, numbers in (
        ("", [second, first]), ("?status=confirmed", [first]), ("?district=110106", []), ("?q=乙", [second]),
        ("?sort=valid_from", [first, second]), ("?sort=entered_at", [first, second]),
        ("?valid_from_from=2024-02-02", [second]), ("?valid_from_to=2024-02-01", [first]),
    ):  # fmt: skip
        found = (await world.get("eligibility", f"{path}{asked}", AUTHOR))["items"]
        assert [each["id"] for each in found] == [each["id"] for each in numbers], asked
    assert (await world.get("eligibility", path, "110106-officer-1"))["items"] == []
    await world.get("eligibility", f"{PATH}/{second['id']}", "110106-officer-1", 404)
