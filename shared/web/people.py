"""Endpoints of the directory of people: entering, closing and listing."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field
from sqlalchemy import select, update

from shared.contracts.library import DistrictCode
from shared.districts import CITY
from shared.errors import Invalid, NotFound
from shared.identity.claims import CITY_ROLES, DISTRICT_ROLES
from shared.storage.audit import record_act
from shared.storage.people import enter, person_case
from shared.storage.session import now
from shared.storage.tables import person
from shared.text import STORABLE, Cleaned, Line, clean_line
from shared.web.auth import CitySupervisor, Official
from shared.web.filters import any_of, flag, search
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["运行"])
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_line)]
Account = Annotated[str, Path(pattern=r"^[\x21-\x7e]{1,255}$", description="账号，即令牌的 sub")]
OfficialRole = Literal[
    "district_officer",
    "district_supervisor",
    "district_government",
    "city_officer",
    "city_supervisor",
    "finance",
    "inspector",
    "auditor",
]


class PersonIn(BaseModel):
    """An official whom acts may name."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(title="姓名")
    roles: list[OfficialRole] = Field(min_length=1, max_length=8, title="角色")
    district: DistrictCode | None = Field(default=None, title="所在区", description="区级角色必填，市级角色不填。")
    reason: Reason = Field(title="理由")

    def known(self) -> dict[str, Any]:
        """Return the columns of the entry. Raises Invalid for roles and a district that do not fit."""
        return {"name": self.name, "roles": sorted(set(self.roles)), "districts": _districts_of(self)}


class PersonOut(BaseModel):
    """An entry of the directory."""

    model_config = ConfigDict(from_attributes=True)

    subject: str = Field(description="账号")
    name: str = Field(description="姓名")
    roles: list[str] = Field(description="角色")
    districts: list[str] = Field(description="可见的区，含 110000 的为市级")
    recorded_by: str | None = Field(description="登记人账号；空为登录时自动登记")
    seen_on: date | None = Field(description="最近登录本服务的日期，约一分钟后更新；空为未登录过")
    closed_at: datetime | None = Field(description="停用时间；空为在册")
    closed_by: str | None = Field(description="停用操作人账号")
    closed_reason: str | None = Field(description="停用理由")

    @computed_field(description="办理记录的事项标识，见 GET /v1/acts/{case_id}")  # type: ignore[prop-decorator]
    @property
    def case_id(self) -> UUID:
        """Return the case under which the acts on the entry are recorded."""
        return person_case(self.subject).id


@router.put(
    "/v1/people/{subject}",
    name="enter_person",
    status_code=204,
    summary="登记人员",
    description="市发展改革委负责人登记一名尚未登录过的经办、核查等人员，或更正其角色和所在区；已停用的恢复在册。",
)
async def enter_person(session: Session, actor: CitySupervisor, subject: Account, entry: PersonIn) -> None:
    """Enter an official in the directory, or correct the entry; one who left is in it again."""
    await enter(session, subject, entry.known(), entry.reason)


def _districts_of(entry: "PersonIn") -> list[str]:
    """Return the districts of an entry. Raises Invalid for roles of two offices, or a district that does not fit."""
    roles = set(entry.roles)
    if roles <= CITY_ROLES and entry.district is None:
        return [CITY]
    if roles <= DISTRICT_ROLES and entry.district is not None:
        return [entry.district]
    if not (roles <= CITY_ROLES or roles <= DISTRICT_ROLES):
        raise Invalid("一个账号不得兼有区级和市级的角色", field="/body/roles")
    raise Invalid("区级角色须填所在区，市级角色不填", field="/body/district")


class PersonClosing(BaseModel):
    """Reason for which a person is no longer named in acts."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(title="理由")


@router.post(
    "/v1/people/{subject}/close",
    status_code=204,
    name="close_person",
    summary="停用人员",
    description="人员调离后由市发展改革委负责人停用：不再能被指派，其令牌在本服务数秒内失效；误停的重新登记即恢复。",
)
async def close_person(session: Session, actor: CitySupervisor, subject: Account, closing: PersonClosing) -> None:
    """Close the entry of a person who left: acts cannot name the person, and the person's tokens are refused.

    Raises NotFound for an entry that is not open, and Invalid for the supervisor's own.
    """
    if subject == actor.subject:
        raise Invalid("不能停用自己的账号，请由另一名负责人办理", field="/path/subject")
    done = await session.execute(
        update(person)
        .where(person.c.subject == subject, person.c.closed_at.is_(None))
        .values(closed_at=now(session), closed_by=actor.subject, closed_reason=closing.reason)
        .returning(person.c.subject)
    )
    if done.first() is None:
        raise NotFound("没有这名在册人员；在册人员见 GET /v1/people?closed=false")
    await record_act(session, "close_person", person_case(subject), reason=closing.reason, subject=subject)


OFFICIALS = select(person).where(person.c.uscc.is_(None))
PEOPLE = Listing(
    any_of("role", person.c.roles, OfficialRole, "角色"),
    flag("closed", person.c.closed_at.is_not(None), "是否已停用"),
    search("账号和姓名", person.c.subject, person.c.name),
    sorts={"subject": person.c.subject, "name": person.c.name, "seen_on": person.c.seen_on},
    key=person.c.subject,
    default="subject",
)


@router.get(
    "/v1/people",
    name="list_people",
    summary="人员名录",
    description="列出本服务知道的经办、负责人、核查等人员，供指派时选用；项目单位人员不在其中。",
)
async def list_people(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(PEOPLE)]
) -> Page[PersonOut]:
    """Return the officials in the directory."""
    return await asked.page(session, OFFICIALS, PersonOut.model_validate)
