"""Tests of project files: fund movements, delivery, visibility."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.monitoring.models.files import ProjectFile
from shared.actors import system_actor
from shared.contracts.base import Event
from shared.contracts.funding import FundsClawedBack, FundsHeld, FundsReturned, FundsSentBack
from tests.monitoring.fixtures import AWARD, OTHER, OWNER, announce, deliver, funded_project, release, set_date, submit
from tests.world import World


async def test_the_first_release_opens_a_file_and_its_first_quarter(world: World) -> None:
    project = await funded_project(world)
    file = await world.get("monitoring", f"/v1/files/{project}", world.owner())
    assert (file["status"], file["award_yuan"], file["released_yuan"]) == ("under_way", "30000000.00", "30000000.00")
    assert [row["kind"] for row in file["movements"]] == ["released"]
    assert [row["target"] for row in file["targets"]] == ["0.80", "0.70", None, "0.40", "0.15"]
    quarters = (await world.get("monitoring", f"/v1/files/{project}/quarters", world.owner()))["items"]
    assert [(row["quarter"], row["state"], row["due_on"]) for row in quarters] == [("2024Q1", "open", "2024-04-15")]


async def test_a_second_release_adds_to_the_same_file(world: World) -> None:
    project = uuid4()
    half = AWARD / 2
    await announce(world, release(project, amount_yuan=half), release(project, amount_yuan=half, instalment=2))
    file = await world.get("monitoring", f"/v1/files/{project}", "city-officer-1")
    assert (file["released_yuan"], len(file["movements"])) == ("30000000.00", 2)


@pytest.mark.clause("四（一）1")
async def test_returned_and_recovered_amounts_reduce_the_kept_amount(world: World) -> None:
    project = await funded_project(world)
    named = {"declaration_id": project, "district": "110105", "applicant_uscc": OWNER}
    claw = {"ground": "funds_diverted", "clause": "四（一）1", "reason": "挪用"}
    events: list[Event] = [
        FundsHeld(**named, held=True, **claw),
        FundsReturned(**named, transfer_id=uuid4(), amount_yuan="1000000.00", reason="结余"),
        FundsClawedBack(**named, transfer_id=uuid4(), stage="demanded", amount_yuan="2000000.00", **claw),
        FundsClawedBack(**named, transfer_id=uuid4(), stage="recovered", amount_yuan="2000000.00", **claw),
    ]
    await announce(world, *events)
    file = await world.get("monitoring", f"/v1/files/{project}", "finance-1")
    assert (file["kept_yuan"], file["demanded_yuan"], file["held"]) == ("27000000.00", "2000000.00", True)
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "city-officer-1")
    assert [ground["code"] for ground in credit["grounds"]] == ["G2"]


async def test_a_payment_that_the_bank_sent_back_is_not_released_until_it_is_paid_again(world: World) -> None:
    project = await funded_project(world)
    named = {"declaration_id": project, "district": "110105", "applicant_uscc": OWNER, "amount_yuan": "30000000.00"}
    back = {"release_id": uuid4(), "sent_back_on": date(2024, 3, 4), "reason": "账号不符"}
    kept = []
    for stage in ("sent_back", "undone", "sent_back"):
        event = {**named, **back, "transfer_id": uuid4(), "stage": stage}
        await announce(world, FundsSentBack.model_validate(event))
        kept.append((await world.get("monitoring", f"/v1/files/{project}", world.owner()))["released_yuan"])
    assert kept == ["0.00", "30000000.00", "0.00"]
    await announce(world, release(project, instalment=1))
    file = await world.get("monitoring", f"/v1/files/{project}", world.owner())
    assert file["released_yuan"] == "30000000.00"
    assert [row["kind"] for row in file["movements"]] == ["released", "sent_back", "undone", "sent_back", "released"]


async def test_a_redelivered_event_changes_nothing(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    await world.settle()
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
    assert await world.parked() == {}


async def test_another_district_and_another_owner_see_no_file(world: World) -> None:
    project = await funded_project(world)
    for stranger in ("110106-officer-1", world.owner(OTHER, "另一单位")):
        await world.get("monitoring", f"/v1/files/{project}", stranger, status=404)
        assert (await world.get("monitoring", "/v1/files", stranger))["items"] == []
        assert (await world.get("monitoring", "/v1/quarters", stranger))["items"] == []


async def test_files_are_listed_page_by_page(world: World) -> None:
    projects = sorted([str(await funded_project(world)) for _ in range(3)])
    same = "limit=2&district=110105&status=under_way"
    first = await world.get("monitoring", f"/v1/files?{same}", "city-officer-1")
    second = await world.get("monitoring", f"/v1/files?{same}&cursor={first['next_cursor']}", "city-officer-1")
    listed = [item["declaration_id"] for item in first["items"] + second["items"]]
    assert (listed, second["next_cursor"]) == (projects, None)


@pytest.mark.clause("三（三）")
async def test_delivery_starts_the_evaluation_year(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 10, 8)
    file = await deliver(world, project, "2024-09-30")
    assert (file["status"], file["evaluation_due_on"], file["evaluation_state"]) == (
        "delivered",
        "2025-09-30",
        "running",
    )
    again = {"delivered_on": "2024-10-01", "proof": "再次"}
    refused = await world.post("monitoring", f"/v1/files/{project}/deliver", "110105-officer-1", again, status=409)
    assert refused["code"] == "wrong_status"


@pytest.mark.clause("三（三）")
async def test_an_evaluation_year_ending_on_a_holiday_ends_on_the_next_working_day(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 10, 8)
    assert (await deliver(world, project, "2024-10-01"))["evaluation_due_on"] == "2025-10-09"


@pytest.mark.clause("二（三）1")
async def test_by_setting_the_handover_is_the_delivery(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.instances["monitoring"].settings.interpretations, "delivery_meaning", "handover")
    project, act = await funded_project(world), "/v1/files/{}/deliver"
    set_date(world, 2024, 10, 8)
    body = {"delivered_on": "2024-06-03", "proof": "竣工备1"}
    refused = await world.post("monitoring", act.format(project), "110105-officer-1", body, status=422)
    assert refused["errors"][0]["pointer"] == "/body/handed_over_on"
    body |= {"handed_over_on": "2024-09-30"}
    file = await world.post("monitoring", act.format(project), "110105-officer-1", body)
    assert (file["delivered_on"], file["evaluation_due_on"]) == ("2024-09-30", "2025-09-30")


@pytest.mark.parametrize("delivered_on", ["2024-03-12", "2023-01-01", "9999-12-31"])
async def test_an_impossible_delivery_date_is_refused(world: World, delivered_on: str) -> None:
    project = await funded_project(world)
    body = {"delivered_on": delivered_on, "proof": "竣工备1"}
    refused = await world.post("monitoring", f"/v1/files/{project}/deliver", "110105-officer-1", body, status=422)
    assert refused["errors"][0]["pointer"] == "/body/delivered_on"


async def test_only_the_district_confirms_delivery(world: World) -> None:
    project = await funded_project(world)
    body = {"delivered_on": "2024-02-28", "proof": "竣工备1"}
    for who, status in (("city-officer-1", 403), ("110106-officer-1", 404), (world.owner(), 403)):
        await world.post("monitoring", f"/v1/files/{project}/deliver", who, body, status=status)
    missing = await world.call(
        "monitoring", "POST", f"/v1/files/{project}/deliver", "110105-officer-1", {"proof": "竣工备1"}, status=422
    )
    assert missing.json()["errors"][0]["pointer"] == "/body/delivered_on"


async def test_fund_movements_are_append_only(world: World) -> None:
    await funded_project(world)
    database = world.instances["monitoring"].database
    for table in ("fund_movement", "quarter_submission", "reading", "issued_evaluation", "credit_decision"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.session(system_actor("monitoring")) as session:
                await session.execute(text(f"UPDATE {table} SET district = 'x'"))


@pytest.mark.clause("四（二）2")
async def test_public_money_is_compared_with_the_investment(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1", district_support_yuan="280000000.00", first_set_equipment_yuan="500000.00")
    money = (await world.get("monitoring", f"/v1/files/{project}", "city-officer-1"))["public_money"]
    assert (money["share"], money["over"], money["district_yuan"]) == ("1.0333", True, "280000000.00")


def test_the_kept_amount_is_released_less_returned_and_recovered() -> None:
    file = ProjectFile(released_yuan=AWARD, returned_yuan=AWARD / 10, recovered_yuan=AWARD / 5)
    assert file.kept_yuan == AWARD * 7 / 10


async def test_the_overview_counts_visible_projects_by_district(world: World) -> None:
    await funded_project(world)
    await funded_project(world, applicant_uscc=OTHER, district="110106")
    set_date(world, 2024, 4, 30)
    await world.instances["monitoring"].tick()
    rows = (await world.get("monitoring", "/v1/overview", "city-officer-1"))["items"]
    assert [(row["district"], row["files"], row["overdue_quarters"], row["released_yuan"]) for row in rows] == [
        ("110105", 1, 1, "30000000.00"),
        ("110106", 1, 1, "30000000.00"),
    ]
    own = (await world.get("monitoring", "/v1/overview", "110106-officer-1"))["items"]
    assert [row["district"] for row in own] == ["110106"]
