"""Uploaded files, stored by the SHA-256 of their content in a directory or an object store.

An upload is written to `incoming/` while it is hashed, and moved to `sha256/aa/…` when it is complete: no incomplete
file is ever served, and equal content is stored once. In a directory only the
owner of the process reads and writes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import obstore
import structlog
from obstore.store import from_url

from shared import metrics
from shared.errors import DomainError, Invalid, NotFound
from shared.storage.file_types import media_type_of

log = structlog.get_logger()
_HEAD_BYTES = 4096
_CHUNK_BYTES = 256 * 1024
_WHOLE_BYTES = 4 * 1024 * 1024
"""A file up to this size is read and hashed whole before its first byte goes out."""
_STAMP = "%Y%m%dT%H%M%SZ"


class TooLarge(DomainError):
    status, code, title = 413, "too_large", "文件过大"


class FileAltered(DomainError):
    """The stored content no longer has the hash by which it is stored."""

    status, code, title = 500, "file_altered", "文件内容已被改动"


@dataclass(frozen=True)
class Received:
    """A complete upload under `incoming/`: SHA-256 in hex, size and first bytes."""

    key: str
    sha256: str
    size_bytes: int
    head: bytes


class FileStore:
    """A store at `file:///directory` or `s3://bucket/prefix` (credentials from the environment)."""

    def __init__(self, url: str) -> None:
        self._folder = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = from_url(url)
        self._keep_private("")

    async def receive(self, chunks: AsyncIterator[bytes], limit: int, at: datetime) -> Received:
        """Write a stream to `incoming/` while hashing it; after an error no part of it remains.

        Raises TooLarge beyond `limit` bytes, Invalid for an empty file, and any error of the stream.
        """
        key = f"incoming/{at.astimezone(UTC).strftime(_STAMP)}-{uuid4().hex}"
        try:
            return await self._write(key, chunks, limit)
        except BaseException:
            await self.discard(key)
            raise

    async def _write(self, key: str, chunks: AsyncIterator[bytes], limit: int) -> Received:
        digest, size, head = hashlib.sha256(), 0, b""
        async with obstore.open_writer_async(self._store, key) as writer:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"单个文件不得超过 {limit // (1024 * 1024) or 1} MB")
                head += chunk[: _HEAD_BYTES - len(head)]
                digest.update(chunk)
                await writer.write(chunk)
        if not size:
            raise Invalid("文件是空的")
        self._keep_private(key)
        return Received(key, digest.hexdigest(), size, head)

    async def keep(self, received: Received) -> None:
        """Move a received file to the path of its content, over an equal file if there is one."""
        await obstore.rename_async(self._store, received.key, _place(received.sha256), overwrite=True)
        self._keep_private(_place(received.sha256))

    async def media_type(self, received: Received) -> str:
        """Return the media type of a received file by its content. Raises UnsupportedType."""

        async def part(start: int, length: int) -> bytes:
            return bytes(await obstore.get_range_async(self._store, received.key, start=start, length=length))

        return await media_type_of(received.head, received.size_bytes, part)

    def _keep_private(self, key: str) -> None:
        """Set the modes of a file and its folders, whatever the umask: 0600 and 0700. An object store has none."""
        if self._folder is None:
            return
        path = self._folder / key
        if path.is_file():
            path.chmod(0o600)
        for folder in (path, *path.parents):
            if folder.is_dir():
                folder.chmod(0o700)
            if folder == self._folder:
                break

    async def discard(self, key: str) -> None:
        """Remove a file if it exists."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """Return the content in chunks, hashed again. Raises NotFound for content that is gone, or FileAltered.

        Content that no longer has its name's hash never goes out whole: a small file is refused before the first chunk,
        a large one before its last.
        """
        try:
            found = await obstore.get_async(self._store, _place(sha256))
        except FileNotFoundError:
            raise NotFound("文件内容不在存储中") from None
        chunks = _verified(_chunks(found), sha256)
        if found.meta["size"] > _WHOLE_BYTES:
            return chunks
        return _given([chunk async for chunk in chunks])

    async def is_intact(self, sha256: str) -> bool | None:
        """Return whether the stored content still has its hash; None if the store has no such content."""
        try:
            async for _ in await self.read(sha256):
                pass
        except FileAltered:
            return False
        except NotFound:
            return None
        return True

    async def stored_before(self, before: datetime) -> list[str]:
        """Return the SHA-256 of each complete file that was stored before a time."""
        found = [item async for batch in obstore.list(self._store, prefix="sha256") for item in batch]
        return [item["path"].rpartition("/")[2] for item in found if item["last_modified"] < before]

    async def remove(self, sha256: str) -> None:
        """Remove a complete file if it exists; only for one that no record refers to (`file_references.forget`)."""
        await self.discard(_place(sha256))

    async def sweep(self, before: datetime) -> int:
        """Remove incomplete uploads that began before a time; return their number."""
        stale = before.astimezone(UTC).strftime(_STAMP)
        found = [item["path"] async for batch in obstore.list(self._store, prefix="incoming") for item in batch]
        left = [path for path in found if path.removeprefix("incoming/") < stale]
        for path in left:
            await self.discard(path)
        return len(left)


async def _verified(chunks: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
    """Yield the chunks, the last of them once all have the hash. Raises FileAltered."""
    digest, held = hashlib.sha256(), b""
    async for chunk in chunks:
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if digest.hexdigest() != sha256:
        metrics.FILES_ALTERED.inc()
        log.error("stored file altered", sha256=sha256)
        raise FileAltered("文件内容与上传时的 SHA-256 不符，已停止提供；请联系运行维护人员从备份恢复")
    yield held


async def _given(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _chunks(found: obstore.GetResult) -> AsyncIterator[bytes]:
    async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
        yield bytes(chunk)


def _place(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256}"


@lru_cache(maxsize=32)
def file_store(url: str) -> FileStore:
    """Return the store of a URL, opened once per process."""
    return FileStore(url)
