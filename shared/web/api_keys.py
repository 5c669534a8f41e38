"""Endpoints of API keys: issuing, revoking and listing."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    computed_field,
)
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import new_api_key
from shared.days import Moment
from shared.districts import CITY, district
from shared.errors import Invalid, NotFound
from shared.storage.audit import Case, record_act
from shared.storage.session import now, settings_of
from shared.storage.tables import api_key
from shared.text import STORABLE, Cleaned, clean_line, clean_paragraph
from shared.web.auth import CitySupervisor
from shared.web.filters import flag, moments, search
from shared.web.idempotency import SHOWN_ONCE, ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest
from shared.web.scopes import scopes_of

router = APIRouter(route_class=ActRoute, tags=["运行"])
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="密钥编号")]
KeyName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=STORABLE), Cleaned(clean_line)]
IssueReason = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_line)]
RevocationReason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=STORABLE), Cleaned(clean_paragraph)
]
KeyDistrict = Annotated[str, AfterValidator(lambda code: code if code == CITY else district(code).code)]
Scope = Annotated[str, Field(pattern=r"^(read|write):[a-z-]{1,40}$")]


def key_case(key_id: str) -> Case:
    """Return the case under which the acts on a key are recorded: the id's twelve digits end a UUID of zeros."""
    return Case(UUID(int=int(key_id, 16)), CITY)


class NewKey(BaseModel):
    """A system to give access to."""

    name: KeyName = Field(title="系统名称")
    districts: list[KeyDistrict] = Field(
        min_length=1, max_length=18, title="可见的区；110000 为全市", description="须逐一列明；全市须明确写 110000。"
    )
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=50,
        title="权限范围",
        description="读写权限与资源，例如 read:events、write:resources；材料文件须单列 read:materials。",
    )
    expires_at: Moment | None = Field(
        default=None, title="失效时间", description="不填时按系统设置的期限；不得超过系统设置的最长期限。"
    )
    reason: IssueReason = Field(title="签发理由")


class IssuedKey(BaseModel):
    """A new key with its text, which is not stored."""

    id: str = Field(description="密钥编号")
    key: str = Field(description="密钥全文，只显示这一次")


@router.post(
    "/v1/api-keys",
    status_code=201,
    name="issue_api_key",
    summary="签发接口密钥",
    description=(
        "为一个系统签发密钥，须写明可见的区、权限范围和理由；全文只在本次应答中给出，系统只保存其摘要。"
        "以同一 Idempotency-Key 重试时不再给出，应答为 409 shown_once。"
    ),
    openapi_extra={SHOWN_ONCE: True},
)
async def issue_api_key(
    request: Request, session: Session, actor: CitySupervisor, new: NewKey, response: Response
) -> IssuedKey:
    """Give a system access to this service; only a hash of the key is kept."""
    _expect_known(new.scopes, scopes_of(request.app.routes))
    key_id, credential, secret_hash = new_api_key()
    end = _end_of(session, new.expires_at)
    granted: dict[str, Any] = {
        "name": new.name,
        "districts": sorted(set(new.districts)),
        "scopes": sorted(set(new.scopes)),
    }
    made = {"id": key_id, "secret_hash": secret_hash, "created_by": actor.subject, "created_at": now(session)}
    await session.execute(insert(api_key).values(**made, **granted, expires_at=end))
    detail = {**granted, "expires_at": end.isoformat(), "key_id": key_id}
    await record_act(session, "issue_api_key", key_case(key_id), reason=new.reason, **detail)
    response.headers["location"] = "/v1/api-keys"
    return IssuedKey(id=key_id, key=credential)


def _expect_known(scopes: list[str], known: list[str]) -> None:
    """Raise Invalid for a scope that no operation of this service demands."""
    for number, scope in enumerate(scopes):
        if scope not in known:
            raise Invalid(f"本服务没有权限范围 {scope}；可选：{'、'.join(known)}", field=f"/body/scopes/{number}")


def _end_of(session: AsyncSession, asked: datetime | None) -> datetime:
    """Return when a new key expires. Raises Invalid for an end that has passed or is too far away."""
    settings = settings_of(session)
    latest = now(session) + timedelta(days=settings.api_key_days_max)
    end = asked or min(now(session) + timedelta(days=settings.api_key_days), latest)
    if not now(session) < end <= latest:
        raise Invalid(f"失效时间须晚于现在，且不超过 {settings.api_key_days_max} 天", field="/body/expires_at")
    return end


class Revocation(BaseModel):
    """Reason for which a key is revoked."""

    reason: RevocationReason = Field(title="理由")


@router.post(
    "/v1/api-keys/{key_id}/revoke",
    status_code=204,
    name="revoke_api_key",
    summary="撤销接口密钥",
    description="立即停用一个密钥，须写明理由；已停用的不能恢复。",
)
async def revoke_api_key(session: Session, actor: CitySupervisor, key_id: KeyId, revocation: Revocation) -> None:
    """Revoke a key at once. Raises NotFound for a key that is not in force."""
    done = await session.execute(
        update(api_key)
        .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
        .values(revoked_by=actor.subject, revoked_at=now(session), revoked_reason=revocation.reason)
        .returning(api_key.c.id)
    )
    if done.first() is None:
        raise NotFound("没有这个有效的密钥；有效密钥见 GET /v1/api-keys?revoked=false")
    await record_act(session, "revoke_api_key", key_case(key_id), reason=revocation.reason, key_id=key_id)


class KeyOut(BaseModel):
    """A key on record, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="密钥编号")
    name: str = Field(description="系统名称")
    districts: list[str] = Field(description="可见的区；110000 为全市")
    scopes: list[str] = Field(description="权限范围")
    created_by: str = Field(description="签发人账号")
    created_at: datetime = Field(description="签发时间")
    expires_at: datetime = Field(description="失效时间")
    last_used_on: date | None = Field(description="最近使用日期，约一分钟后更新；空为未用过")
    revoked_by: str | None = Field(description="撤销人账号")
    revoked_at: datetime | None = Field(description="撤销时间；空为有效")
    revoked_reason: str | None = Field(description="撤销理由")

    @computed_field(description="有写入权限")  # type: ignore[prop-decorator]
    @property
    def writes(self) -> bool:
        """Return whether the key may write anything."""
        return any(scope.startswith("write:") for scope in self.scopes)


KEYS = Listing(
    flag("revoked", api_key.c.revoked_at.is_not(None), "是否已撤销"),
    flag("writes", func.array_to_string(api_key.c.scopes, " ").contains("write:"), "有写入权限"),
    moments("expires_at", api_key.c.expires_at, "失效时间"),
    moments("created_at", api_key.c.created_at, "签发时间"),
    search("系统名称", api_key.c.name),
    sorts={
        "created_at": api_key.c.created_at,
        "name": api_key.c.name,
        "revoked_at": api_key.c.revoked_at,
        "expires_at": api_key.c.expires_at,
    },
    key=api_key.c.id,
    default="created_at",
)


@router.get(
    "/v1/api-keys",
    name="list_api_keys",
    summary="接口密钥列表",
    description="列出签发过的密钥，不含密钥全文；可筛选、排序和分页。",
)
async def list_api_keys(
    session: ReadSession, actor: CitySupervisor, asked: Annotated[PageRequest, Depends(KEYS)]
) -> Page[KeyOut]:
    """Return the issued keys without their secrets."""
    return await asked.page(session, select(api_key), KeyOut.model_validate)
