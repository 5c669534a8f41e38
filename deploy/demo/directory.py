"""Directory of the personas under the names that `tenghuan token` takes, with what each is there for."""

from dataclasses import dataclass

from deploy.demo.personas import PEOPLE, Persona, applicant
from deploy.demo.sample.generate import make_uscc
from deploy.demo.story.projects import CASES
from shared.actors import ROLES
from shared.districts import DISTRICTS

OWN_PROJECT = "owner-own"
"""The applicant for a project that the reader files; the story does not use it."""
_PURPOSES = {
    "applicant": "申报、上传材料、报送季度报告",
    "district_officer": "推送台账与储备库、受理与初审、确认季度报告",
    "district_supervisor": "上报市级、审定季度报送、签发评价",
    "district_government": "对申报出具意见",
    "city_officer": "接收、条件审查、入库打分、批复拟办、组织核查",
    "city_supervisor": "年度预算、入库决定、批复签发、信用认定",
    "finance": "拨付与追回",
    "inspector": "现场核查",
    "auditor": "查阅全部事项，核对账簿",
}


@dataclass(frozen=True)
class Entry:
    """A persona under its name, with what it is there for."""

    name: str
    persona: Persona
    purpose: str

    def row(self) -> dict[str, str | None]:
        """Return the entry as a row of a table."""
        persona = self.persona
        return {
            "persona": self.name,
            "name": persona.name,
            "role": "、".join(ROLES[role] for role in persona.roles),
            "district": DISTRICTS[persona.district].name if persona.district else None,
            "uscc": persona.uscc,
            "purpose": self.purpose,
        }


def directory() -> dict[str, Entry]:
    """Return every persona by name: project owners, then the city's offices, then the districts'."""
    own = Entry(OWN_PROJECT, applicant(make_uscc("91110102", "XN900000"), "示例自选项目有限公司"), "申报读者自己的项目")
    owners = [Entry(f"owner-{case.number}", case.owner, f"故事中“{case.name}”的项目单位") for case in CASES]
    officials = [
        Entry(name, persona, "；".join(_PURPOSES[role] for role in persona.roles)) for name, persona in PEOPLE.items()
    ]
    city_first = sorted(officials, key=lambda entry: entry.persona.district is not None)
    return {entry.name: entry for entry in (own, *owners, *city_first)}
