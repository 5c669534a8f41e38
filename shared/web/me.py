"""Endpoint of the caller: who is signed in, what the caller may see, and when that ends."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.actors import ROLES, WHOLE_CITY, Actor
from shared.districts import CITY
from shared.web.auth import Anyone
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["运行"])


class RoleOut(BaseModel):
    """A role that the caller holds."""

    code: str = Field(description="角色代码")
    label: str = Field(description="角色名称")


class Me(BaseModel):
    """The caller of the request, as the services see it."""

    subject: str = Field(description="账号；接口密钥为 key: 加密钥编号")
    name: str = Field(description="姓名，或系统名称")
    is_person: bool = Field(description="个人为 true，对接系统为 false")
    roles: list[RoleOut] = Field(description="持有的角色")
    districts: list[str] = Field(description="可见的区；110000 为全市")
    uscc: str | None = Field(description="所代表的项目单位的统一社会信用代码；项目单位只见本单位的记录")
    is_agent: bool = Field(description="以受托人身份代该单位办理（On-Behalf-Of 请求头）时为 true")
    scopes: list[str] | None = Field(description="接口密钥的权限范围；个人为空")
    signed_in_at: datetime | None = Field(description="令牌或接口密钥的签发时间")
    expires_at: datetime | None = Field(description="登录或密钥的失效时间")


@router.get(
    "/v1/me",
    name="read_me",
    summary="当前账号",
    description="返回当前令牌或接口密钥的账号、角色、可见的区、权限范围和失效时间。",
)
async def read_me(actor: Anyone) -> Me:
    """Return who is signed in."""
    return Me(
        subject=actor.subject,
        name=actor.name,
        is_person=actor.scopes is None,
        roles=[RoleOut(code=role, label=ROLES[role]) for role in actor.roles or (actor.role,)],
        districts=_shown(actor),
        uscc=actor.uscc,
        is_agent=actor.is_agent,
        scopes=None if actor.scopes is None else sorted(actor.scopes),
        signed_in_at=actor.sign_in and actor.sign_in.issued_at,
        expires_at=actor.sign_in and actor.sign_in.expires_at,
    )


def _shown(actor: Actor) -> list[str]:
    return [CITY] if actor.districts == WHOLE_CITY else list(actor.districts)
