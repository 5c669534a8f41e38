"""Acts by which every operation of each service that takes a duty is done at least once."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from tests.eligibility import fixtures as eligibility_fixtures
from tests.eligibility import test_programmes, test_standards_confirmed
from tests.funding import case as funding_case
from tests.funding import distinct, interest_steps, test_countersigning, test_money_bars, test_municipal_money
from tests.funding import story as funding_story
from tests.intake import full_declaration, listed_rows, sample_declarations, sample_rows
from tests.monitoring import fixtures as monitoring_fixtures
from tests.monitoring import prepared
from tests.shared.series import acts as series_acts
from tests.world import World

REASON = {"reason": "示例理由"}
QUARTER = "/v1/quarters/110105/2024Q1"
CREDIT = prepared.CREDIT


async def intake(world: World) -> None:
    """Carry one declaration through three rounds, refuse a second, withdraw a third, and report a quarter."""
    await listed_rows.materials(world)
    await full_declaration.received(world)
    refused = await sample_declarations.accepted(world)
    await world.post(
        "intake", f"/v1/declarations/{refused}/refuse", "110105-officer-1", {**REASON, "clauses": ["二（五）"]}
    )
    taken_back = await sample_declarations.submitted(world, project_name="示例大厦二期")
    await world.post("intake", f"/v1/declarations/{taken_back}/withdraw", world.owner(), REASON)
    await sample_rows.push(world, [sample_rows.resource()])
    kept = await test_municipal_money.register(world)
    record = f"/v1/municipal-funding-records/{kept['id']}"
    await test_money_bars.correct(world, kept, "city-officer-3", amount_yuan="5.00")
    await world.post("intake", f"{record}/withdraw", "city-officer-3", REASON)
    await world.post("intake", f"{QUARTER}/prepare", "110105-officer-1")
    await world.post("intake", f"{QUARTER}/certify", "110105-supervisor-1")


async def eligibility(world: World) -> None:
    """Settle, choose an edition, conclude, score, decide on two projects and on a district standard."""
    fixtures = eligibility_fixtures
    case = await fixtures.forward(world, fixtures.facts(drop=fixtures.OPEN))
    await fixtures.act(world, case, "settle", "city-officer-1", fixtures.SETTLE)
    await fixtures.act(
        world, case, "withdraw-settlement", "city-officer-1", {"rule": fixtures.SETTLE["rule"], **REASON}
    )
    await fixtures.act(world, case, "choose-edition", "city-supervisor-1", {"edition": "2023", **REASON})
    for name, status in (("enter-pool", 201), ("keep-out", 204)):
        ready = await fixtures.assessed_project(world)
        await fixtures.act(world, ready, name, "city-supervisor-1", REASON, status)
    standard = await test_standards_confirmed.publish(world, "1000")
    await test_standards_confirmed.decide(world, standard, test_standards_confirmed.CONFIRMED)
    await test_standards_confirmed.withdraw(world, standard)
    for act, who in (("confirm", test_programmes.SECOND), ("return", test_programmes.SECOND), ("withdraw", None)):
        programme = await test_programmes.enter(world, name=f"示例办法{act}")
        body = None if act == "confirm" else REASON
        await test_programmes.act(world, programme, act, who or test_programmes.AUTHOR, body)
    await series_acts.every_act(world, "eligibility")


async def funding(world: World) -> None:
    """Tell the whole story of funding, with payment by progress."""
    readings = world.instances["funding"].settings.interpretations
    readings["instalments"] = "by_progress"
    story = await funding_story.told(world)
    await _revised_claim(world, story.cases["loan"])
    readings.clear()
    await test_countersigning.countersigned(world)
    await _bars(world)


async def _revised_claim(world: World, case: UUID) -> None:
    """Draft a claim for interest subsidy and state its line anew."""
    owner = world.owner(distinct.OTHER_OWNER, "示例单位2")
    record = await world.get("funding", f"/v1/applications/{case}/interest", "city-officer-3")
    line = interest_steps.line(record["lines"][0]["loan_id"], "2024-06-21", "2024-07-20")
    claim = await interest_steps.drafted(world, case, line, who=owner)
    body = {"period": "2024Q3", "lines": [line]}
    await world.call("funding", "PUT", f"/v1/interest-claims/{claim['id']}", owner, body, status=200)


async def _bars(world: World) -> None:
    """Settle a bar of other municipal money as one of the same works, lift it, and raise it again."""
    case = await funding_case.enter_pool(world)
    kept = await test_municipal_money.register(world, project_code=None, address="示例路1号")
    path, said = f"/v1/applications/{case}", {"evidence": "复函", "document_no": "函1"}
    (bar,) = (await world.get("funding", path, "auditor-1"))["money_bars"]
    meant = {"bar_id": bar["id"]}
    await world.post("funding", f"{path}/settle-money-bar", "city-officer-3", meant | {"same_works": True} | said)
    await world.post("funding", f"{path}/propose-money-bar-lifting", "city-officer-3", meant | said)
    await world.post("funding", f"{path}/decide-money-bar-lifting", "city-officer-4", meant | {"lift": True} | REASON)
    again = {"money_id": kept["id"], "evidence": "现场核查"}
    await world.post("funding", f"{path}/raise-money-bar", "city-officer-5", again, 201)
    await series_acts.every_act(world, "funding")


async def monitoring(world: World) -> None:
    """Return and confirm a report, change a meter, rectify and close, deliver and evaluate, rate and repair."""
    ids = await prepared.metered(world)
    await world.post("monitoring", f"/v1/reading-findings/{ids['finding']}/close", "city-officer-2", REASON)
    meter, bounds = f"/v1/meters/{ids['meter']}", prepared.METER | {"high": "600"}
    await world.call("monitoring", "PUT", meter, "city-officer-2", bounds, status=200, if_match='"1"')
    ground = {"code": "G4", "detail": "停工", "evidence": ["照片-1"], "occurred_on": "2024-02-20"}
    await world.post("monitoring", f"{CREDIT}/grounds", "city-officer-2", ground, 201)
    finding = f"/v1/findings/{(await prepared.rectified(world))['finding']}"
    await world.post("monitoring", f"{finding}/close", "inspector-2", {"accepted": True, **REASON})
    repair = await prepared.repairable(world)
    await world.post("monitoring", f"{CREDIT}/objection", world.owner(), {"text": "已复工"})
    await world.post("monitoring", f"{CREDIT}/decide", "city-supervisor-1", {"grade": "B", **REASON})
    await world.post(
        "monitoring", f"/v1/credit-repairs/{repair['repair']}/decide", "city-supervisor-1", {"accepted": True, **REASON}
    )
    await _reported(world)
    await monitoring_fixtures.issued_evaluation(world, await monitoring_fixtures.funded_project(world))
    await series_acts.every_act(world, "monitoring")


async def _reported(world: World) -> None:
    quarter = f"/v1/files/{(await prepared.submitted(world))['project']}/quarters/2024Q1"
    await world.post("monitoring", f"{quarter}/return", "110105-officer-1", {"reasons": ["发票不符"]})
    await monitoring_fixtures.submit(world, quarter.split("/")[3], "2024Q1", progress="0.31")  # type: ignore[arg-type]
    await world.post("monitoring", f"{quarter}/confirm", "110105-officer-1")


ACTS: Mapping[str, Callable[[World], Awaitable[None]]] = {
    "intake": intake, "eligibility": eligibility, "funding": funding, "monitoring": monitoring,
}  # fmt: skip
