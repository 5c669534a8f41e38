"""Idempotency keys: the key and the answer of an act are stored in the transaction of the act."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic_core import to_json
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.actors import Actor
from shared.errors import DomainError
from shared.events.outbox import defer_events, write_deferred
from shared.storage.series import STAMP
from shared.storage.session import fence_of, follow_figures, now
from shared.storage.tables import idempotency_key
from shared.storage.versions import tag_after
from shared.web.auth import Handler, SignedIn
from shared.web.parameters import KnownParametersRoute

SHOWN_ONCE = "x-shown-once"
"""Marks a route in its `openapi_extra` whose answer holds a secret: it is not stored, and a repetition answers 409."""
FILE_SHA256 = "file_sha256"
"""Name in `request.state` of the digest of a received file, in hex."""
_KEPT_HEADERS = ("location", "etag")
# The lock keeps a request in flight from being waited for; the fence rides along, so an act begins with one statement.
_CLAIM = text(f"""
WITH start AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended(:tenant || E'\\n' || :key, 7)) AS free,
           set_config('app.districts', :districts, true), set_config('app.applicant', :applicant, true)
), claimed AS (
    INSERT INTO idempotency_key (tenant, key, fingerprint, created_at)
    SELECT CAST(:tenant AS text), CAST(:key AS text), CAST(:fingerprint AS bytea), CAST(:at AS timestamptz)
    FROM start WHERE free
    ON CONFLICT DO NOTHING RETURNING key
)
SELECT free, EXISTS (SELECT FROM claimed) AS taken, {STAMP} AS figures FROM start
""")
_STORE = "UPDATE idempotency_key SET status = {3}, headers = {4}, body = {5} WHERE tenant = {1} AND key = {2}"


class KeyMissing(DomainError):
    status, code, title = 400, "idempotency_key_missing", "缺少 Idempotency-Key 请求头"


class KeyReused(DomainError):
    status, code, title = 422, "idempotency_key_reused", "同一 Idempotency-Key 已用于另一请求"


class KeyInFlight(DomainError):
    status, code, title = 409, "idempotency_key_in_flight", "同一 Idempotency-Key 的请求正在处理"


class ShownOnce(DomainError):
    status, code, title = 409, "shown_once", "答复含密钥，只显示一次"


class Replayed(Exception):
    """Signal that the act was done before; carries the stored answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__("replayed")
        self.response = Response(
            body, status, {**headers, "idempotency-replayed": "true"}, media_type="application/json"
        )


class ActRoute(KnownParametersRoute):
    """A route whose answer is stored under the request's Idempotency-Key before the transaction commits."""

    def admitted_handler(self) -> Handler:
        handle = super().admitted_handler()
        shown_once = SHOWN_ONCE in (self.openapi_extra or {})

        async def keep_answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except Replayed as replayed:
                return replayed.response
            await _tag(request, response)
            claim = getattr(request.state, "idempotency_claim", None)
            if claim is not None:
                await _store(claim, response, None if shown_once else bytes(response.body))
            return response

        return keep_answer


class PushRoute(ActRoute):
    """An act that brings many rows of a system at once."""

    body_limit = "json_limit_bytes"
    rate = "pushes"


async def claim(request: Request, session: AsyncSession, actor: Actor, key: str) -> None:
    """Set the row-level fence and take the key for this transaction, in one statement.

    Raises Replayed, KeyReused or KeyInFlight.
    """
    tenant, fingerprint = actor.subject, await _fingerprint(request, getattr(request.state, "actor", actor))
    values = {"tenant": tenant, "key": key, "fingerprint": fingerprint, "at": now(session), **fence_of(actor)}
    claimed = (await session.execute(_CLAIM, values)).one()
    if not claimed.free:
        raise KeyInFlight("请稍后以同一 Idempotency-Key 重试")
    if not claimed.taken:
        await _answer_again(session, tenant, key, fingerprint)
    await follow_figures(session, claimed.figures)
    defer_events(session)
    request.state.idempotency_claim = (session, tenant, key)


async def _answer_again(session: AsyncSession, tenant: str, key: str, fingerprint: bytes) -> None:
    row = (
        await session.execute(
            select(idempotency_key).where(idempotency_key.c.tenant == tenant, idempotency_key.c.key == key)
        )
    ).one()
    if row.fingerprint != fingerprint:
        raise KeyReused("新的办理请使用新的 Idempotency-Key")
    if row.body is None:
        raise ShownOnce("已经办理，答复中的密钥只显示一次；没有收到的，请撤销后以新的 Idempotency-Key 重新办理")
    raise Replayed(row.status, row.headers or {}, row.body)


async def _tag(request: Request, response: Response) -> None:
    """Give the answer of an act the entity tag that the record it decided on now has, for the next act."""
    session = getattr(request.state, "session", None)
    if session is not None and (tag := await tag_after(session)) is not None:
        response.headers.setdefault("etag", tag)


async def _store(claim: tuple[AsyncSession, str, str], response: Response, body: bytes | None) -> None:
    """Store the answer with the last statement of the act; an answer that is shown once is stored without its body."""
    session, tenant, key = claim
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    answer = (response.status_code, to_json(kept).decode(), body)
    await write_deferred(session, _STORE, tenant, key, *answer)


async def _fingerprint(request: Request, actor: Actor) -> bytes:
    """Return the digest of method, path, query, whom the caller acts for, and the bytes of the body."""
    scope = (actor.role, ",".join(actor.districts), actor.uscc or "")
    parts = (request.method, request.url.path, request.url.query, *scope)
    digest = hashlib.sha256()
    for part in (*(part.encode() for part in parts), await _body_digest(request)):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


async def _body_digest(request: Request) -> bytes:
    """Return the SHA-256 of the body, whatever its media type; that of a file was taken while it was received."""
    received: str | None = getattr(request.state, FILE_SHA256, None)
    return bytes.fromhex(received) if received else hashlib.sha256(await request.body()).digest()


@asynccontextmanager
async def _open(request: Request, actor: Actor, *, fenced: bool = True) -> AsyncIterator[AsyncSession]:
    session_of = request.app.state.instance.database.session
    async with session_of(getattr(request.state, "actor", actor), fenced=fenced) as session:
        yield session


async def _act_session(
    request: Request,
    actor: SignedIn,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, pattern=r"^[\x21-\x7e]+$", description="任选的唯一值，例如 UUID；重试时保持不变"),
    ] = None,
) -> AsyncIterator[AsyncSession]:
    if idempotency_key is None and request.method == "POST":
        raise KeyMissing("请为本次办理生成一个唯一值，放入 Idempotency-Key 请求头；重试时保持不变")
    async with _open(request, actor, fenced=idempotency_key is None) as session:
        request.state.session = session
        if idempotency_key is not None:
            await claim(request, session, actor, idempotency_key)
        yield session


async def _read_session(request: Request, actor: SignedIn) -> AsyncIterator[AsyncSession]:
    async with _open(request, actor) as session:
        yield session


# scope="function": COMMIT happens before the answer leaves; with the default scope 201 goes out and COMMIT may fail.
Session = Annotated[AsyncSession, Depends(_act_session, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(_read_session, scope="function")]
