"""Types of uploaded files, by their content: signature and first record, and the directory of ZIP-based formats.

Nothing is unpacked: the central directory of a ZIP file names its members. The extension of the sender's name decides
nothing.
"""

import io
import re
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from shared.errors import DomainError

_SIGNATURES: Final = {
    "application/pdf": re.compile(rb"%PDF-[12]\.[0-9]\s"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff[\xc0-\xfe]"),
}
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKAGES: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "OFD.xml": "application/ofd",
}
EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/ofd": ("ofd",),
    "application/zip": ("zip",),
}
"""Accepted media types, each with its extensions, the usual one first."""
_END: Final = struct.Struct("<4s4H2LH")
_TAIL_BYTES: Final = _END.size + 0xFFFF
_DIRECTORY_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of a central directory that are read, some 20,000 members: parsing more would hold up other requests."""

ReadRange = Callable[[int, int], Awaitable[bytes]]
"""Reads a file: start and length in bytes."""


class UnsupportedType(DomainError):
    status, code, title = 415, "unsupported_type", "文件类型不符"


async def media_type_of(head: bytes, size: int, read: ReadRange) -> str:
    """Return the media type of a file's content; `read` gives parts of it. Raises UnsupportedType."""
    for media_type, signature in _SIGNATURES.items():
        if signature.match(head):
            return media_type
    if head.startswith(_ZIP):
        return _package_type(await _members(size, read))
    if head.startswith(_OLE):
        raise UnsupportedType("这是旧版或加密的 Office 文件，请另存为不加密的 docx、xlsx 或 PDF 后上传")
    raise UnsupportedType("只接受 PDF、PNG、JPEG、DOCX、XLSX、OFD 和 ZIP 文件（按文件内容判断）；请核对文件是否完整")


async def _members(size: int, read: ReadRange) -> list[ZipInfo]:
    """Return the members that the central directory names. Raises UnsupportedType for a broken or huge one."""
    start = max(0, size - _TAIL_BYTES)
    tail = await read(start, size - start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise UnsupportedType("压缩文件不完整（缺少目录），请重新打包后上传")
    directory_bytes = _END.unpack_from(tail, at)[5]
    if directory_bytes > _DIRECTORY_LIMIT or b"PK\x06\x07" in tail[max(0, at - 20) : at]:
        raise UnsupportedType("压缩文件中的文件过多，请分成几个文件上传")
    first = max(0, start + at - directory_bytes)
    directory = await read(first, start + at - first) if directory_bytes else b""
    try:
        return ZipFile(io.BytesIO(directory + tail[at:])).infolist()
    except (BadZipFile, ValueError, struct.error) as error:
        raise UnsupportedType("压缩文件的目录有误，请重新打包后上传") from error


def _package_type(members: list[ZipInfo]) -> str:
    """Return the type of a ZIP-based format. Raises UnsupportedType for what a reader cannot or should not open."""
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise UnsupportedType("压缩文件已加密，审核人员无法打开；请去掉密码后上传")
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in names):
        raise UnsupportedType("压缩文件中有指向文件夹以外的路径，请重新打包后上传")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise UnsupportedType("文档含有宏，请另存为不含宏的 docx 或 xlsx 后上传")
    if not names:
        raise UnsupportedType("压缩文件是空的，请重新打包后上传")
    return next((kind for name, kind in _PACKAGES.items() if name in names), "application/zip")
