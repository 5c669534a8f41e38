"""Names of files as they are stored and handed out: safe on every system, with the extension of the content."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from shared.errors import Invalid
from shared.storage.file_types import EXTENSIONS

_UNSAFE: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_LIMIT_BYTES: Final = 255
"""Longest name that common file systems take, in UTF-8."""
_UNNAMED: Final = "未命名"


def name_for(filename: str, media_type: str) -> str:
    """Return the name without path and characters that a system forbids, ending in an extension of the media type.

    An extension that does not fit the content stays in front of the one that does: `a.html` becomes `a.html.pdf`.
    """
    last = re.split(r"[/\\]", filename)[-1]
    visible = "".join("_" if unicodedata.category(character)[0] == "C" else character for character in last)
    plain = _UNSAFE.sub("_", visible).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    known = EXTENSIONS.get(media_type, ())
    if plain.lower() in known or not plain:
        plain = stem = ""
    if not dot or extension.lower() not in known:
        stem, extension = plain, known[0] if known else "bin"
    stem = stem or _UNNAMED
    return f"{'_' if _RESERVED.match(stem) else ''}{stem}.{extension}"


def check_name(name: str) -> str:
    """Return the name if file systems can hold it. Raises Invalid."""
    if (size := len(name.encode())) > _LIMIT_BYTES:
        detail = f"文件名过长：含扩展名最多 {_LIMIT_BYTES} 字节（约 80 个汉字），现为 {size} 字节，请缩短后上传"
        raise Invalid(detail, field="/query/filename")
    return name


def disposition(filename: str) -> str:
    """Return a Content-Disposition with the file's name, Chinese included (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
