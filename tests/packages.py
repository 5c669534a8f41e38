"""Files of ZIP-based formats, for tests of uploads."""

import io
from zipfile import ZIP_STORED, ZipFile

MEMBERS = {
    "docx": ("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
    "xlsx": ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
    "ofd": ("OFD.xml", "Doc_0/Document.xml"),
    "zip": ("照片/正面.jpg",),
}
PNG, JPEG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xd8\xff\xe0"


def package(*members: str, comment: bytes = b"") -> bytes:
    """Return a ZIP file with these members."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as file:
        for member in members:
            file.writestr(member, "示例")
        file.comment = comment
    return content.getvalue()


def encrypted(content: bytes) -> bytes:
    """Return the ZIP file with the flag of encryption set in its directory."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 8] + bytes([content[at + 8] | 1]) + content[at + 9 :]
