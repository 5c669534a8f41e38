"""The directory of people: who enters it and how, whom an act may name, and every request field that names somebody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services import SERVICES
from shared.actors import system_actor
from shared.errors import Invalid
from shared.storage.people import Names, expect_person
from tests.enumeration import CONVENTION, filters_of, operations
from tests.world import START, World

SUPERVISOR = "city-supervisor-1"
OFFICER = {"name": "示例经办", "roles": ["district_officer"], "district": "110105", "reason": "新到岗"}
INSPECTOR = {"name": "示例核查", "roles": ["inspector"], "reason": "新到岗"}


OF_A_BANK = {"NewPayee.account_no", "NewReceipt.account_no"}
"""Numbers of bank accounts, which their title calls an account too."""


def models(kind: Any, seen: set[type[BaseModel]]) -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield model, name and declaration of each field of a request body."""
    for each in get_args(kind):
        yield from models(each, seen)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        for name, field in kind.model_fields.items():
            yield kind.__name__, name, field
            yield from models(field.annotation, seen)


def named() -> dict[str, str]:
    """Return the fields of all requests that name a person, with the role in which the person must be able to act."""
    found = {}
    for service in SERVICES:
        for route in operations(service).values():
            body = route.body_field.field_info.annotation if route.body_field else None
            for model, name, field in models(body, set()):
                marks = [mark.role for mark in field.metadata if isinstance(mark, Names)]
                speaks = re.search("账号|人员|经办人|核查人|评审人", field.title or "")
                assert not speaks or marks or f"{model}.{name}" in OF_A_BANK, (
                    f"{model}.{name} names a person and says not in which role (Names)"
                )
                if marks:
                    found[f"{route.name}.{name}"] = marks[0]
    return found


def test_the_requests_that_name_a_person() -> None:
    assert named() == {"assign_inspector.inspector": "inspector"}, "each is refused for nobody in its own tests"


async def enter(
    world: World, subject: str, entry: dict[str, Any], status: int = 204, service: str = "monitoring"
) -> Any:
    answer = await world.call(service, "PUT", f"/v1/people/{subject}", SUPERVISOR, entry, status=status)
    return answer.json() if answer.content else None


async def listed(world: World, query: str = "", service: str = "monitoring") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.get(service, f"/v1/people?{query}", "auditor-1"))["items"]
    return items


async def test_a_person_is_entered_corrected_closed_and_entered_again_on_record(world: World) -> None:
    await enter(world, "officer-9", OFFICER)
    await enter(world, "officer-9", OFFICER | {"district": "110106", "name": "示例更名", "reason": "更正"})
    path = "/v1/people/officer-9/close"
    await world.post("monitoring", path, "city-supervisor-2", {"reason": "调离"}, 204)
    await world.post("monitoring", path, "city-supervisor-2", {"reason": "再次"}, 404)
    (closed,) = await listed(world, "closed=true")
    case = closed.pop("case_id")
    assert closed == {
        "subject": "officer-9", "name": "示例更名", "roles": ["district_officer"], "districts": ["110106"],
        "recorded_by": SUPERVISOR, "seen_on": None, "closed_at": "2024-03-01T02:00:00Z",
        "closed_by": "city-supervisor-2", "closed_reason": "调离",
    }  # fmt: skip
    await enter(world, "officer-9", OFFICER | {"reason": "调回"})
    assert await listed(world, "closed=true") == []
    acts = (await world.get("monitoring", f"/v1/acts/{case}", "auditor-1"))["items"]
    assert [(act["act"], act["actor"], act["reason"]) for act in acts] == [
        ("enter_person", SUPERVISOR, "新到岗"),
        ("enter_person", SUPERVISOR, "更正"),
        ("close_person", "city-supervisor-2", "调离"),
        ("enter_person", SUPERVISOR, "调回"),
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"district": None}, "/body/district"),
        ({"district": "999999"}, "/body/district"),
        ({"roles": ["inspector"]}, "/body/district"),
        ({"roles": ["inspector", "district_officer"]}, "/body/roles"),
        ({"roles": []}, "/body/roles"),
        ({"roles": ["applicant"]}, "/body/roles/0"),
        ({"roles": ["system"]}, "/body/roles/0"),
        ({"name": ""}, "/body/name"),
        ({"reason": ""}, "/body/reason"),
    ],
    ids=str,
)
async def test_an_entry_that_does_not_fit_is_refused(world: World, changed: dict[str, Any], field: str) -> None:
    assert (await enter(world, "officer-9", OFFICER | changed, 422))["errors"][0]["pointer"] == field
    assert "officer-9" not in {each["subject"] for each in await listed(world)}


async def test_a_supervisor_does_not_close_the_own_account(world: World) -> None:
    await enter(world, SUPERVISOR, {"name": "示例", "roles": ["city_supervisor"], "reason": "登记"})
    await world.post("monitoring", f"/v1/people/{SUPERVISOR}/close", SUPERVISOR, {"reason": "误"}, 422)


async def test_sign_ins_feed_the_directory_by_the_tick_and_do_not_open_a_closed_entry(world: World) -> None:
    world.settings.revocation_refresh_seconds = 0
    await world.get("monitoring", "/v1/me", "110105-officer-1")
    await world.get("monitoring", "/v1/me", world.owner())
    assert await listed(world, "role=district_officer") == []
    await world.instances["monitoring"].tick()
    (seen,) = await listed(world, "role=district_officer")
    assert (seen["subject"], seen["districts"], seen["seen_on"], seen["recorded_by"]) == (
        "110105-officer-1", ["110105"], "2024-03-01", None,
    )  # fmt: skip
    assert world.owner().subject not in {each["subject"] for each in await listed(world)}, "owners are not listed"
    await world.post("monitoring", "/v1/people/110105-officer-1/close", SUPERVISOR, {"reason": "调离"}, 204)
    await world.get("monitoring", "/v1/me", "110105-officer-1", 401)
    await world.get("intake", "/v1/me", "110105-officer-1")
    world.clock.set(START + timedelta(days=1))
    await world.instances["monitoring"].tick()
    assert [each["seen_on"] for each in await listed(world, "closed=true")] == ["2024-03-01"]


@pytest.mark.parametrize(
    ("subject", "role", "district", "said"),
    [
        ("officer-9", "district_officer", "110105", None),
        ("officer-9", "district_officer", None, None),
        ("officer-9", "district_officer", "110106", "不属于"),
        ("officer-9", "inspector", None, "没有“现场核查”角色"),
        ("nobody-99", "inspector", None, "没有账号 nobody-99"),
        ("closed-1", "inspector", None, "已停用"),
    ],
)
async def test_whom_an_act_may_name(
    world: World, subject: str, role: str, district: str | None, said: str | None
) -> None:
    await enter(world, "officer-9", OFFICER)
    await enter(world, "closed-1", INSPECTOR)
    await world.post("monitoring", "/v1/people/closed-1/close", SUPERVISOR, {"reason": "调离"}, 204)
    async with world.instances["monitoring"].database.session(system_actor("monitoring")) as session:
        if said is None:
            await expect_person(session, subject, role, field="/body/x", district=district)
            return
        with pytest.raises(Invalid, match=said) as refused:
            await expect_person(session, subject, role, field="/body/x", district=district)
    assert refused.value.field == "/body/x"


ASKED: list[tuple[str, list[str]]] = [
    ("", ["inspector-1", "inspector-2", "officer-9", "z-supervisor"]),
    ("sort=-subject", ["z-supervisor", "officer-9", "inspector-2", "inspector-1"]),
    ("role=inspector", ["inspector-1", "inspector-2"]),
    ("role=inspector&role=district_officer", ["inspector-1", "inspector-2", "officer-9"]),
    ("role=finance", []),
    ("closed=true", ["z-supervisor"]),
    ("closed=false", ["inspector-1", "inspector-2", "officer-9"]),
    ("q=OFFICER", ["officer-9"]),
    ("q=示例经办", ["officer-9"]),
]


@pytest.mark.parametrize(("query", "subjects"), ASKED)
async def test_the_list(world: World, query: str, subjects: list[str]) -> None:
    await enter(world, "officer-9", OFFICER)
    await enter(world, "z-supervisor", {"name": "示例", "roles": ["city_supervisor"], "reason": "登记"})
    await world.post("monitoring", "/v1/people/z-supervisor/close", SUPERVISOR, {"reason": "调离"}, 204)
    found = await listed(world, query)
    assert [each["subject"] for each in found] == subjects
    assert all(UUID(each["case_id"]) for each in found)


def test_every_parameter_of_the_list_is_asked() -> None:
    used = {part.split("=")[0] for query, _ in ASKED for part in query.split("&") if part} - CONVENTION
    assert {parameter for name, parameter in filters_of("monitoring") if name == "list_people"} == used
