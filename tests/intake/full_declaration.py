"""A declaration with a distinct value in every field, carried through three rounds on days of its own.

Each step has its day, so that a day taken from another step shows; steps that several officers may take alternate
between them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.districts import DISTRICTS
from tests.intake import sample_declarations
from tests.intake.sample_declarations import CITY, GOVERNMENT, OFFICER, PDF, REVIEW_ITEMS, SUPERVISOR, upload
from tests.intake.sample_rows import project, push, push_projects, resource
from tests.world import World

SECOND_OFFICER = "110105-officer-2"
NAME = DISTRICTS["110105"].name
MATERIALS = (
    "project_approval",
    "fund_application_report",
    "business_licence",
    "lease_and_consent",
    "completion_date_proof",
    "inefficiency_proof",
    "production_ended_proof",
    "area_survey",
    "industry_positioning",
    "operating_mechanism",
    "energy_design",
    "green_chapter",
    "permits",
    "investment_estimate",
    "funding_sources",
    "loan_contract",
    "credit_report",
    "site_photos",
)
"""Materials from the applicant for a package with a building and a factory, in joint operation, with a loan."""

BUILDING_PART: dict[str, Any] = {
    "kind": "building",
    "name": "1号楼",
    "resource_id": "R-1",
    "stock_use": "office_building",
    "completed_on": "1998-07-16",
    "wholly_vacant": False,
    "occupancy": "0.41",
    "district_tax_per_m2_yuan": "187.35",
    "function_mismatch": True,
    "district_says_low_occupancy": False,
    "renovated_area_m2": "21000.50",
    "gross_floor_area_m2": "26000.75",
    "leasable_area_m2": "19000.25",
    "fixed_investment_yuan": "210000000.01",
    "planned_occupancy": "0.82",
}
FACTORY_PART: dict[str, Any] = {
    "kind": "factory",
    "name": "铸造车间",
    "resource_id": "R-2",
    "stock_use": "industrial_plant",
    "completed_on": "1976-11-03",
    "production_ended": True,
    "end_cause": "relocation",
    "renovated_area_m2": "8000.10",
    "fixed_investment_yuan": "64000000.37",
    "planned_occupancy": "0.73",
}
ROADS: dict[str, Any] = {"kind": "infrastructure", "name": "园区道路", "fixed_investment_yuan": "5000000.99"}
FACTS: dict[str, Any] = {
    "project_type": "area_package",
    "planning_conforms": True,
    "title_clear": True,
    "industry_positioning": False,
    "admission_standard": True,
    "operating_mechanism": False,
    "industries": ["high_precision", "modern_services"],
    "green_retrofit_simultaneous": True,
    "renewable_feasible": True,
    "renewable_planned": False,
    "green_materials": True,
    "surroundings_coordinated": False,
    "key_tenant_planned": True,
    "pv_roof_share": "0.31",
    "energy_saving_ratio": "0.22",
    "construction_status": "not_ready",
    "other_municipal_funds": False,
    "support_mode": "interest_subsidy",
    "single_entity": True,
    "contiguous": True,
    "components": [BUILDING_PART, FACTORY_PART, ROADS],
}
DRAFT: dict[str, Any] = {
    "project_name": "示例片区统筹改造项目",
    "project_code": "2401-110105-04-01-000071",
    "address": "北京市朝阳区示例东路71号",
    "applicant_name": "示例置业有限公司",
    "district": "110105",
    "operation_mode": "joint",
    "loan_bank": "示例银行朝阳支行",
    "loan_amount_yuan": "160000000.53",
    "loan_term_months": 96,
    "loan_annual_rate": "0.0315",
    "facts": FACTS,
    "simulated": ["loan_bank", "address"],
}
CORRECTED = {
    "project_name": "示例片区统筹改造项目（修订）",
    "facts": {"energy_saving_ratio": "0.27"},
    "simulated": ["address"],
}
DISTRICT_REASONS = [
    {
        "code": "saving_unproved",
        "subject": "/facts/energy_saving_ratio",
        "clause": "二（三）2",
        "explanation": "节能率计算有误",
        "how_to_fix": "按诊断报告更正",
    },
    {
        "code": "licence_expired",
        "subject": "business_licence",
        "clause": "三（一）",
        "explanation": "营业执照过期",
        "how_to_fix": "上传有效营业执照",
    },
]
CITY_REASONS = [
    {
        "code": "unsigned",
        "subject": "request_letter",
        "clause": "三（一）",
        "explanation": "请示未加盖公章",
        "how_to_fix": "盖章后重新上报",
    }
]
FINDINGS = {
    1: {"truthfulness": "pass", "compliance": "pass", "construction_conditions": "fail", "materials": "correct"},
    2: dict.fromkeys(REVIEW_ITEMS, "pass"),
    3: dict.fromkeys(REVIEW_ITEMS, "pass"),
}


@dataclass
class Story:
    """The world, the ids of the case, and the answers of its acts."""

    world: World
    case: str = ""
    entry: str = ""
    opinion_document: str = ""
    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def on(self, day: str) -> None:
        """Set the clock to 11:30 in Beijing on a day of 2024."""
        self.world.clock.set(datetime.fromisoformat(f"2024-{day}T11:30:00+08:00"))

    async def act(self, day: str, name: str, who: Any, body: Any = None) -> dict[str, Any]:
        """Act on the declaration on a day."""
        self.on(day)
        done: dict[str, Any] = await self.world.post("intake", f"/v1/declarations/{self.case}/{name}", who, body)
        self.answers.append((name, done))
        return done

    async def undertake(self, day: str) -> None:
        self.on(day)
        await sample_declarations.undertake(self.world, self.case, self.world.owner())

    async def review(self, day: str, who: str, number: int) -> None:
        self.on(day)
        said = [
            {"thing": item, "outcome": outcome, "evidence": f"第{number}轮核对{item}", "note": f"备注{number}"}
            for item, outcome in FINDINGS[number].items()
        ]
        path = f"/v1/declarations/{self.case}/first-review"
        tag = await sample_declarations.etag(self.world, self.case, who)
        await self.world.call("intake", "PUT", path, who, {"findings": said}, status=200, if_match=tag)


async def drafted(world: World) -> Story:
    """Return a complete draft with its library entry, not yet submitted; each period has a length of its own."""
    story, owner = Story(world), world.owner()
    settings = world.instances["intake"].settings
    settings.first_review_due_working_days, settings.opinion_due_working_days = 12, 8
    await push(world, [resource("R-1"), resource("R-2", kind="industrial_plant")])
    rows = [project(entity_uscc=owner.uscc)]
    story.entry = (await push_projects(world, rows))["rows"][0]["id"]
    body = DRAFT | {"applicant_uscc": owner.uscc, "library_entry_id": story.entry}
    story.case = (await world.post("intake", "/v1/declarations", owner, body, 201))["id"]
    for number, kind in enumerate(MATERIALS):
        answer = await upload(world, story.case, kind, owner, PDF + bytes(number), filename=f"{kind}.pdf")
        assert answer.status_code == 201, answer.text
    return story


async def first_round(story: Story) -> None:
    """Submit, accept and review in part; a late and negative opinion; a return by the district."""
    owner = story.world.owner()
    await story.undertake("03-01")
    await story.act("03-04", "submit", owner)
    await story.act("03-05", "accept", OFFICER)
    await story.review("03-06", OFFICER, 1)
    await story.act("03-07", "request-opinion", SECOND_OFFICER)
    await story.act("03-22", "opinion", GOVERNMENT, {"position": "disagree", "text": "建设条件尚不成熟。"})
    await story.act("03-25", "return", OFFICER, {"reasons": DISTRICT_REASONS})


async def second_round(story: Story) -> None:
    """Correct, submit and report from outside the library; a return by the city."""
    world, owner = story.world, story.world.owner()
    await world.post("intake", f"/v1/library-entries/{story.entry}/leave", OFFICER, {"reason": "暂缓实施"})
    story.on("03-26")
    tag = await sample_declarations.etag(world, story.case, owner)
    path = f"/v1/declarations/{story.case}"
    await world.call("intake", "PATCH", path, owner, CORRECTED, status=200, if_match=tag)
    old = (await world.get("intake", f"{path}/materials?kind=business_licence", owner))["items"][0]["id"]
    await upload(world, story.case, "business_licence", owner, PDF + b"new", filename="新照.pdf", replaces=old)
    await story.undertake("03-26")
    await story.act("03-27", "submit", owner)
    await story.act("04-01", "accept", SECOND_OFFICER)
    await story.review("04-02", SECOND_OFFICER, 2)
    await story.act("04-03", "request-opinion", OFFICER)
    letter = await upload(world, story.case, "government_opinion", GOVERNMENT, PDF + b"opinion", filename="意见.pdf")
    story.opinion_document = letter.json()["id"]
    agreed = {"position": "agree", "text": "同意上报。", "material_id": story.opinion_document}
    await story.act("04-08", "opinion", GOVERNMENT, agreed)
    for kind in ("request_letter", "first_review_opinion"):
        await upload(world, story.case, kind, OFFICER, PDF + kind.encode(), filename=f"{kind}.pdf")
    outside = {"opinion": "第二轮初审通过。", "library_exception_reason": "已列入更新计划"}
    await story.act("04-09", "forward", SUPERVISOR, outside)
    await world.settle()
    await story.act("04-10", "city-return", "city-officer-2", {"reasons": CITY_REASONS})


async def third_round(story: Story) -> None:
    """Submit the same facts again, report from the library on the earlier opinion, and let the city receive."""
    world, owner = story.world, story.world.owner()
    rows = [project(entity_uscc=owner.uscc, quarter="2024Q2")]
    await push_projects(world, rows, reason="恢复实施")
    await story.undertake("04-11")
    await story.act("04-11", "submit", owner)
    await story.act("04-12", "accept", OFFICER)
    await story.review("04-15", OFFICER, 3)
    within = {"opinion": "第三轮初审通过。", "library_exception_reason": "无需理由"}
    await story.act("04-16", "forward", "110105-supervisor-2", within)
    await world.settle()
    receipt = {"construction_status": "ready_to_start", "evidence": "现场照片与许可一致"}
    await story.act("04-17", "receive", CITY, receipt)
    await world.settle()


async def received(world: World) -> Story:
    """Return the case after three rounds, received by the city."""
    story = await drafted(world)
    await first_round(story)
    await second_round(story)
    await third_round(story)
    return story
