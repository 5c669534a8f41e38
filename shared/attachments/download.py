"""Download of a stored file: its content is hashed again, and it has the name of its row."""

from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from shared.storage.file_names import disposition, name_for
from shared.storage.file_types import EXTENSIONS
from shared.web.headers import WITH_ETAG

BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(EXTENSIONS, BINARY), "description": "文件内容", **WITH_ETAG}
}
"""Answers of a route that returns a file."""


async def content_of(request: Request, row: Any) -> StreamingResponse:
    """Return the content of a row with `sha256`, `filename`, `media_type` and `size_bytes`. Raises FileAltered."""
    content = await request.app.state.instance.files.read(row.sha256)
    headers = {
        "content-disposition": disposition(name_for(row.filename, row.media_type)),
        "content-length": str(row.size_bytes),
        "etag": f'"{row.sha256}"',
    }
    return StreamingResponse(content, media_type=row.media_type, headers=headers)
