"""Types of files by their content, whatever they are called; what a reader cannot or should not open is refused."""

import struct

import pytest

from shared.storage.file_types import EXTENSIONS, UnsupportedType, media_type_of
from tests.packages import JPEG, MEMBERS, PNG, encrypted, package

DOCX = package(*MEMBERS["docx"])
END = DOCX.index(b"PK\x05\x06")


async def type_of(content: bytes) -> str:
    async def read(start: int, length: int) -> bytes:
        assert 0 <= start <= start + length <= len(content)
        return content[start : start + length]

    return await media_type_of(content[:4096], len(content), read)


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"%PDF-2.0\r\n%", "pdf"),
        (PNG, "png"),
        (JPEG, "jpg"),
        (b"\xff\xd8\xff\xdb", "jpg"),
        (DOCX, "docx"),
        (package(*reversed(MEMBERS["docx"])), "docx"),
        (package(*MEMBERS["xlsx"], comment=b"x" * 65535), "xlsx"),
        (package(*MEMBERS["ofd"]), "ofd"),
        (package(*MEMBERS["zip"]), "zip"),
        (package("a/word/document.xml"), "zip"),
        (b"PK\x03\x04" + b"x" * 70000 + DOCX, "docx"),
    ],
)
async def test_the_content_tells_the_type(content: bytes, extension: str) -> None:
    assert EXTENSIONS[await type_of(content)][0] == extension


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-<script>alert(1)</script>", "按文件内容判断"),
        (b"%PDF-1.x", "按文件内容判断"),
        (b" %PDF-1.7\n", "按文件内容判断"),
        (b"PDF", "按文件内容判断"),
        (b"\x89PNG\r\n\x1a\n", "按文件内容判断"),
        (b"\xff\xd8\xff", "按文件内容判断"),
        (b"<html>", "按文件内容判断"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版或加密的 Office 文件"),
        (b"PK\x03\x04", "不完整"),
        (DOCX[:END], "不完整"),
        (DOCX[: END + 21], "不完整"),
        (DOCX[:END] + DOCX[END : END + 12] + struct.pack("<L", 2**21 + 1) + DOCX[END + 16 :], "过多"),
        (DOCX[:END] + b"PK\x06\x07" + bytes(16) + DOCX[END:], "过多"),
        (DOCX.replace(b"PK\x01\x02", b"PK\x01\x03"), "目录有误"),
        (DOCX[:END] + DOCX[END : END + 12] + struct.pack("<L", 2**21) + DOCX[END + 16 :], "目录有误"),
        (b"PK\x03\x04" + package(), "是空的"),
        (encrypted(DOCX), "已加密"),
        (package(*MEMBERS["docx"], "word/vbaProject.bin"), "含有宏"),
        (package("../../etc/cron.d/x"), "文件夹以外"),
        (package("/etc/passwd"), "文件夹以外"),
        (package("a\\..\\..\\b"), "文件夹以外"),
    ],
)
async def test_other_content_is_refused_with_the_way_out(content: bytes, said: str) -> None:
    with pytest.raises(UnsupportedType, match=said):
        await type_of(content)
