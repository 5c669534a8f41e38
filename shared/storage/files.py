"""Uploaded files, stored by the SHA-256 of their content in a directory or an object store.

An upload is written to `incoming/` while it is hashed, and moved to `sha256/aa/…` when it is complete: no incomplete
file is ever served, and equal content is stored once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote
from uuid import uuid4

import obstore
from obstore.store import from_url

from shared.errors import DomainError, Invalid, NotFound

_HEAD_BYTES = 4096
_CHUNK_BYTES = 256 * 1024
_STAMP = "%Y%m%dT%H%M%SZ"
_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_ZIP_BASED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
    "zip": "application/zip",
}
MEDIA_TYPES = (*_SIGNATURES.values(), *_ZIP_BASED.values())
"""Accepted media types."""


class TooLarge(DomainError):
    status, code, title = 413, "too_large", "文件过大"


class UnsupportedType(DomainError):
    status, code, title = 415, "unsupported_type", "文件类型不符"


@dataclass(frozen=True)
class Received:
    """A complete upload under `incoming/`: SHA-256 in hex, size and first bytes."""

    key: str
    sha256: str
    size_bytes: int
    head: bytes


def media_type_of(head: bytes, filename: str) -> str:
    """Return the media type by content, by file extension only for ZIP-based formats. Raises UnsupportedType."""
    for signature, media_type in _SIGNATURES.items():
        if head.startswith(signature):
            return media_type
    extension = filename.rpartition(".")[2].lower()
    if head.startswith(b"PK\x03\x04") and extension in _ZIP_BASED:
        return _ZIP_BASED[extension]
    raise UnsupportedType("只接受 PDF、PNG、JPEG、DOCX、XLSX、OFD 和 ZIP 文件（按文件内容判断）")


def disposition(filename: str) -> str:
    """Return a Content-Disposition with the file's name, Chinese included (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


class FileStore:
    """A store at `file:///directory` or `s3://bucket/prefix` (credentials from the environment)."""

    def __init__(self, url: str) -> None:
        self._store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)

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
        return Received(key, digest.hexdigest(), size, head)

    async def keep(self, received: Received) -> None:
        """Move a received file to the path of its content, over an equal file if there is one."""
        await obstore.rename_async(self._store, received.key, _place(received.sha256), overwrite=True)

    async def discard(self, key: str) -> None:
        """Remove an incoming file if it exists."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """Return the content in chunks. Raises NotFound before the first chunk if the store has no such content."""
        try:
            found = await obstore.get_async(self._store, _place(sha256))
        except FileNotFoundError:
            raise NotFound("文件内容不在存储中") from None
        return _chunks(found)

    async def sweep(self, before: datetime) -> int:
        """Remove incomplete uploads that began before a time; return their number."""
        stale = before.astimezone(UTC).strftime(_STAMP)
        found = [item["path"] async for batch in obstore.list(self._store, prefix="incoming") for item in batch]
        left = [path for path in found if path.removeprefix("incoming/") < stale]
        for path in left:
            await self.discard(path)
        return len(left)


async def _chunks(found: obstore.GetResult) -> AsyncIterator[bytes]:
    async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
        yield bytes(chunk)


def _place(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256}"


@lru_cache(maxsize=8)
def file_store(url: str) -> FileStore:
    """Return the store of a URL, opened once per process."""
    return FileStore(url)
