"""Upload of a file: streamed to the store, hashed on the way, and kept only if the act commits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from shared.actors import system_actor
from shared.errors import DomainError
from shared.runtime import Instance
from shared.storage.file_names import check_name, name_for
from shared.storage.file_references import forget, lock_content
from shared.storage.file_types import UnsupportedType
from shared.storage.files import FileStore, Received, TooLarge
from shared.text import Line
from shared.web.idempotency import FILE_SHA256

log = structlog.get_logger()


class UploadInterrupted(DomainError):
    """Refusal of an upload whose connection broke."""

    status, code, title = 400, "upload_cut_off", "上传中断"


@dataclass
class Upload:
    """Completely received file, not yet kept."""

    store: FileStore
    received: Received
    filename: str
    media_type: str
    kept: bool = False

    async def keep(self, session: AsyncSession) -> None:
        """Move the file to its place in the store; the transaction adds the row that refers to it."""
        await lock_content(session, self.received.sha256)
        await self.store.keep(self.received)
        self.kept = True


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise UploadInterrupted("上传中断，文件未保存，请重新上传") from None


Filename = Annotated[
    Line,
    Query(title="文件名", description="UTF-8，如 资金申请报告.pdf；扩展名按文件内容补正，含扩展名最多 255 字节"),
]


async def _received(request: Request, filename: Filename) -> AsyncIterator[Upload]:
    """Receive the body before the transaction begins, so that a slow upload holds no database connection.

    The role of the caller was checked by the route. This ends after the transaction has: a file whose act failed goes.
    """
    instance: Instance = request.app.state.instance
    store, limit = instance.files, instance.settings.upload_limit_bytes
    _check_headers(request, limit)
    received = await store.receive(_body(request), limit, instance.clock.now())
    setattr(request.state, FILE_SHA256, received.sha256)
    upload = None
    try:
        media_type = await store.media_type(received)
        upload = Upload(store, received, check_name(name_for(filename, media_type)), media_type)
        yield upload
    except BaseException:
        if upload is not None and upload.kept:
            await _forget(instance, upload)
        raise
    finally:
        if upload is None or not upload.kept:
            await store.discard(received.key)


def _check_headers(request: Request, limit: int) -> None:
    """Raise TooLarge or UnsupportedType for a body that its headers exclude."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge(f"单个文件不得超过 {limit} 字节（{limit // 2**20} MiB），请压缩或拆分后上传")
    if "json" in request.headers.get("content-type", ""):
        raise UnsupportedType("请直接以文件内容作为请求体，Content-Type 用 application/octet-stream")


async def _forget(instance: Instance, upload: Upload) -> None:
    """Remove the file of a failed act unless another record names it; without a database the sweep does it later."""
    try:
        async with instance.background.session(system_actor(instance.service.name)) as session:
            await forget(session, upload.store, instance.service.seals.files, upload.received.sha256)
    except Exception as error:
        log.warning("a failed upload is left for the sweep", exc_info=error)


Uploaded = Annotated[Upload, Depends(_received, scope="function")]
"""The body of the request as a file. Declare it before the session, whose transaction it outlives."""
