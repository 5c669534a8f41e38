"""Three rows A, B and C for each list, which differ in every filtered and sorted column.

Ids are in the order C, A, B. Of three rows there are six orders; each sort column has one of its own where it can.
"""

from datetime import date, datetime
from typing import Any

from tests.intake import sample_declarations
from tests.intake.sample_rows import CHAOYANG, FENGTAI, project, push, push_projects, resource
from tests.world import World

USCC, OTHER_USCC = "91110000600037341L", "91110105MA0000007L"
STRANGER = "110106-officer-1"


def moment(day: str) -> datetime:
    """Return 11:30 in Beijing on a day of 2024."""
    return datetime.fromisoformat(f"2024-{day}T11:30:00+08:00")


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def key(name: str) -> str:
    """Return an id of row C, A or B; ids are in this order."""
    return f"00000000-0000-7000-8000-00000000000{'CAB'.index(name)}"


async def write(world: World, table: str, **fields: Any) -> None:
    """Insert a row as the superuser."""
    names = ", ".join(fields)
    places = ", ".join(f"${number}" for number in range(1, len(fields) + 1))
    await world.database.admin.execute(f"INSERT INTO intake.{table} ({names}) VALUES ({places})", *fields.values())


async def resources(world: World) -> str:
    world.clock.set(moment("03-04"))
    c = {"kind": "warehouse", "planned_type": "area_package", "quarter": "2023Q4", "simulated": []}
    await push(world, [resource("C", FENGTAI, name="Z楼", gross_floor_area_m2="20000", **c)], who=STRANGER)
    world.clock.set(moment("03-05"))
    a = resource("A", name="M楼", address="长安路2号", gross_floor_area_m2="30000")
    await push(world, [a])
    world.clock.set(moment("03-06"))
    b = {"status": "planned", "planned_type": "old_factory"}
    await push(world, [resource("B", FENGTAI, name="D楼", gross_floor_area_m2="15000", **b)], who=STRANGER)
    world.clock.set(moment("03-07"))
    await push(world, [a | {"vacant_area_m2": "1.00", "change_reason": "出租"}])
    return "/v1/resources"


async def entries(world: World) -> str:
    part = project()["components"][0]
    world.clock.set(moment("03-04"))
    c: dict[str, Any] = {"support_mode": "interest_subsidy", "entity_uscc": OTHER_USCC, "simulated": []}
    c |= {"project_name": "Z项目", "components": [part | {"fixed_investment_yuan": "2.00"}]}
    await push_projects(world, [project("C", FENGTAI, **c)], who=STRANGER)
    world.clock.set(moment("03-05"))
    a: dict[str, Any] = {"project_name": "M项目", "components": [part | {"fixed_investment_yuan": "3.00"}]}
    a |= {"support_mode": None}
    await push_projects(world, [project("A", **a)])
    world.clock.set(moment("03-06"))
    b: dict[str, Any] = {"project_code": "2401-110105-04-01-000001", "project_type": "area_package"}
    b |= {"left_on": "2024-03-01", "leave_reason": "放弃", "project_name": "D项目"}
    b |= {"components": [part | {"fixed_investment_yuan": "1.00", "renovated_area_m2": "22000.00"}]}
    await push_projects(world, [project("B", FENGTAI, **b)], who=STRANGER)
    world.clock.set(moment("03-07"))
    await push_projects(world, [project("A", **a, priority=1)], "提前")
    return "/v1/library-entries"


async def resource_versions(world: World) -> str:
    for when, quarter, name in (("03-04", "2023Q4", "A"), ("03-05", "2024Q1", "B"), ("03-06", "2024Q1", "C")):
        world.clock.set(moment(when))
        own = {"name": name, "quarter": quarter, "change_reason": "更名"}
        await push(world, [resource("R-1", **own), resource("R-2", quarter=quarter)])
    return f"/v1/resources/{CHAOYANG}/R-1/versions"


async def entry_versions(world: World) -> str:
    for when, quarter, name in (("03-04", "2023Q4", "A"), ("03-05", "2024Q1", "B"), ("03-06", "2024Q1", "C")):
        world.clock.set(moment(when))
        rows = [project("P-1", project_name=name, quarter=quarter), project("P-2", quarter=quarter)]
        entry = (await push_projects(world, rows, "更名"))["rows"][0]["id"]
    return f"/v1/library-entries/{entry}/versions"


async def quarters(world: World) -> str:
    by = {"submission_no": 1, "opened_at": moment("03-01"), "opened_by": "x", "version": 1}
    rows: dict[str, dict[str, Any]] = {
        "C": {"district": FENGTAI, "quarter": "2024Q1", "due_on": day("03-01"), "late": True},
        "A": {"district": CHAOYANG, "quarter": "2023Q4", "due_on": day("03-03"), "late": False},
        "B": {"district": FENGTAI, "quarter": "2023Q3", "due_on": day("03-02"), "late": None},
    }
    certified = {"A": moment("03-05"), "C": moment("03-06"), "B": None}
    status = {"A": "certified", "C": "certified", "B": "prepared"}
    for name, row in rows.items():
        own = {"id": key(name), "certified_at": certified[name], "status": status[name]}
        await write(world, "quarter_submission", **own, **row, **by)
    return "/v1/quarters"


async def declarations(world: World) -> str:
    """File C, A and B, and a draft, which no official sees."""
    rows: dict[str, dict[str, Any]] = {
        "C": {"district": FENGTAI, "stage": "submitted", "project_type": "old_factory", "applicant_uscc": OTHER_USCC},
        "A": {"district": CHAOYANG, "stage": "accepted", "applicant_name": "丙公司", "address": "长安路2号"},
        "B": {"district": FENGTAI, "stage": "forwarded", "project_type": "area_package"},
    }
    rows["C"] |= {"submitted_on": day("03-06"), "received_on": None, "due_on": None, "updated_at": moment("03-08")}
    rows["A"] |= {"submitted_on": day("03-04"), "due_on": day("04-05"), "updated_at": moment("03-09")}
    rows["A"] |= {"received_on": day("04-01"), "project_type": None}
    rows["B"] |= {"submitted_on": day("03-05"), "due_on": day("04-03"), "updated_at": moment("03-07")}
    rows["B"] |= {"received_on": day("04-02")}
    for number, name in enumerate("CAB"):
        made = await sample_declarations.draft(world)
        own = {"round": 1, "project_name": f"{'MAZ'[number]} {name}", "declaration_no": f"SB-{'193'[number]}"}
        own |= {"project_code": f"2401-110105-04-01-00000{'312'[number]}"} | rows[name]
        changes = ", ".join(f"{field} = ${place}" for place, field in enumerate(own, 2))
        statement = f"UPDATE intake.declaration SET {changes} WHERE id = $1"
        await world.database.admin.execute(statement, made["id"], *own.values())
    await sample_declarations.draft(world)
    return "/v1/declarations"


async def materials(world: World) -> str:
    """Upload C, A and B; remove B. The times of upload are in another order than the ids."""
    case, owner = (await sample_declarations.draft(world))["id"], world.owner()
    path = f"/v1/declarations/{case}/materials"
    for name, kind, when in (
        ("C", "site_photos", "03-05"),
        ("A", "area_survey", "03-06"),
        ("B", "credit_report", "03-04"),
    ):
        made = (await sample_declarations.upload(world, case, kind, owner, filename=f"{name}.pdf")).json()
        await world.database.admin.execute(
            "UPDATE intake.material SET uploaded_at = $2 WHERE id = $1", made["id"], moment(when)
        )
    await world.call("intake", "DELETE", f"{path}/{made['id']}", owner, status=204)
    other = (await sample_declarations.draft(world))["id"]
    await sample_declarations.upload(world, other, "area_survey", owner)
    await world.database.admin.execute("UPDATE intake.declaration SET round = 1")
    return path


async def corrections(world: World) -> str:
    case = (await sample_declarations.draft(world))["id"]
    other = (await sample_declarations.draft(world))["id"]
    await world.database.admin.execute("UPDATE intake.declaration SET round = 1")
    about = {"district": CHAOYANG, "applicant_uscc": USCC, "reasons": "[]", "returned_by": "x"}
    rows = {"C": (1, "03-05", "04-03"), "A": (2, "03-06", "04-01"), "B": (3, "03-04", "04-02")}
    for name, (number, returned, due) in rows.items():
        own = {"round": number, "by_city": name == "A", "returned_at": moment(returned), "correct_by": day(due)}
        for declaration in (case, other):
            await write(world, "correction", declaration_id=declaration, **own, **about)
    return f"/v1/declarations/{case}/corrections"


async def programmes(world: World) -> str:
    """Register C, A and B in the place of the programmes that every register begins with."""
    await world.database.admin.execute("DELETE FROM intake.municipal_fund_programme")
    rows = (("C", "M资金", "市甲局", "03-06"), ("A", "Z资金", "市乙局", "03-04"), ("B", "D资金", "市丙局", "03-05"))
    for name, title, authority, when in rows:
        own = {"id": key(name), "name": title, "name_form": title, "authority": authority, "added_at": moment(when)}
        await write(world, "municipal_fund_programme", note=name, added_by="x", **own)
    return "/v1/municipal-fund-programmes"


async def funds(world: World) -> str:
    await programmes(world)
    about = {"programme_name": "x", "source": "x", "registered_by": "x", "registered_at": moment("03-01")}
    rows: dict[str, dict[str, Any]] = {
        "C": {"district": FENGTAI, "entity_uscc": OTHER_USCC, "amount_yuan": 2, "funded_on": day("02-03")},
        "A": {"district": CHAOYANG, "project_code": "2401-110105-04-01-000001", "amount_yuan": 3},
        "B": {"district": FENGTAI, "address": "长安路2号", "amount_yuan": 1, "funded_on": day("02-02")},
    }
    rows["A"] |= {"funded_on": day("02-01")}
    for name, row in rows.items():
        own = {"id": key(name), "programme_id": key("B" if name == "C" else name), "entity_name": f"{name}公司"}
        own |= {"payment_key": name}
        await write(world, "municipal_funding_record", **{"entity_uscc": USCC} | about | own | row)
    return "/v1/municipal-funding-records"
