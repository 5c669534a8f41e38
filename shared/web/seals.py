"""Signed checkpoints for everybody, and proofs that a record is sealed for those who may see the record."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from shared.actors import ROLES, system_actor
from shared.errors import Forbidden, NotFound
from shared.runtime import Instance
from shared.sealing.keys import public_keys
from shared.sealing.proofs import prove
from shared.storage.seal_tables import foreign_checkpoint, seal_checkpoint
from shared.storage.session import driver
from shared.web.auth import Person
from shared.web.idempotency import ReadSession
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["封存与证明"])
_LATEST = 100
Kind = Annotated[
    str, Path(pattern=r"^[a-z][a-z_]{0,39}$", description="记录类别，如 approval（批复）、declaration（申报）")
]
Key = Annotated[UUID, Path(description="记录标识")]


class HeldCheckpoint(BaseModel):
    """The newest checkpoint of another service that this service holds."""

    origin: str = Field(description="出具该检查点的服务，形如 tenghuan/ 加服务名")
    note: str = Field(description="检查点全文，C2SP signed-note 格式")


class CheckpointList(BaseModel):
    """Signed checkpoints of this service and of the others, with the public keys that verify them."""

    checkpoints: list[str] = Field(description="本服务最近的检查点，从新到旧，至多 100 个，C2SP signed-note 格式")
    held: list[HeldCheckpoint] = Field(description="本服务保存的其他服务的最新检查点")
    public_keys: list[str] = Field(description="验证签名的公钥，形如 名称+编号+公钥，含已更换的")


@router.get(
    "/v1/checkpoints",
    name="list_checkpoints",
    summary="检查点",
    description="公开本服务封存记录的签名检查点、所保存的其他服务的检查点，以及验证签名的公钥；不须登录。",
)
async def list_checkpoints(request: Request) -> CheckpointList:
    """Return the newest checkpoints and the public keys; open to everybody."""
    instance: Instance = request.app.state.instance
    own = select(seal_checkpoint.c.note).order_by(seal_checkpoint.c.size.desc()).limit(_LATEST)
    newest = (
        select(foreign_checkpoint.c.origin, func.max(foreign_checkpoint.c.size).label("size"))
        .where(foreign_checkpoint.c.fault.is_(None))
        .group_by(foreign_checkpoint.c.origin)
        .subquery()
    )
    held = select(foreign_checkpoint.c.origin, foreign_checkpoint.c.note).join(
        newest, (newest.c.origin == foreign_checkpoint.c.origin) & (newest.c.size == foreign_checkpoint.c.size)
    )
    async with instance.database.session(system_actor(instance.service.name)) as session:
        notes = list((await session.scalars(own)).all())
        others = [HeldCheckpoint(origin=row.origin, note=row.note) for row in await session.execute(held)]
    own_name = f"/{instance.service.name}"
    keys = [str(key) for named in public_keys(instance.settings).values() for key in named]
    return CheckpointList(
        checkpoints=notes, held=[each for each in others if not each.origin.endswith(own_name)], public_keys=keys
    )


class ProofOut(BaseModel):
    """Proof that the present version of a record is in the tree of a signed checkpoint (RFC 9162)."""

    content: str = Field(
        description="封存的内容，个人信息以加盐摘要代替；其 UTF-8 字节前加一个零字节，取 SHA-256 即为叶"
    )
    index: int = Field(description="叶在树中的序号，从 0 起")
    path: list[str] = Field(description="包含证明：从叶到根的相邻散列，Base64")
    checkpoint: str = Field(description="签名检查点，C2SP signed-note 格式")
    salts: dict[str, str | None] | None = Field(description="各项个人信息的盐，十六进制；仅向审计提供，其他人为 null")


@router.get(
    "/v1/proofs/{kind}/{key}",
    name="prove_record",
    summary="封存证明",
    description="证明一条记录的现行内容已封存于签名检查点，供独立验证，方法见 examples/verify_proof.py；"
    "只提供给可查看该记录的人。",
)
async def prove_record(request: Request, session: ReadSession, actor: Person, kind: Kind, key: Key) -> ProofOut:
    """Return the inclusion proof of a record that the caller may see. Raises Forbidden, NotFound or NotSealed."""
    instance: Instance = request.app.state.instance
    seals = instance.service.seals
    roles = seals.provable.get(kind)
    if roles is None:
        raise NotFound(f"没有“{kind}”类记录的证明；可证明的有：{'、'.join(seals.provable)}")
    if actor.role not in (*roles, "auditor"):
        raise Forbidden("需要以下角色之一：" + "、".join(ROLES[role] for role in (*roles, "auditor")))
    table = seals.by_kind()[f"{instance.service.name}.{kind}"]
    proof = await prove(await driver(session), instance.sealer.subtrees, table, str(key))
    return ProofOut(
        content=proof.content,
        index=proof.index,
        path=list(proof.path),
        checkpoint=proof.checkpoint,
        salts=proof.salts if actor.role == "auditor" else None,
    )
