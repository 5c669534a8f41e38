"""Names under which files are stored and handed out."""

import ast
from pathlib import Path

import pytest

from shared.errors import Invalid
from shared.storage.file_names import check_name, disposition, name_for
from shared.storage.file_types import EXTENSIONS

PDF = "application/pdf"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("报告（终稿）.pdf", "报告（终稿）.pdf"),
        ("报告.PDF", "报告.PDF"),
        ("a.html", "a.html.pdf"),
        ("a.pdf.exe", "a.pdf.exe.pdf"),
        ("报告v1.2", "报告v1.2.pdf"),
        ("报告", "报告.pdf"),
        (".pdf", "未命名.pdf"),
        ("pdf", "未命名.pdf"),
        ("..", "未命名.pdf"),
        ("报告.pdf. .", "报告.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\fakepath\\报告.pdf", "报告.pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("com1", "_com1.pdf"),
        ("nul.tar.pdf", "_nul.tar.pdf"),
        ("console.pdf", "console.pdf"),
        ("a\u202efdp.exe", "a_fdp.exe.pdf"),
        ("a\r\nb.pdf", "a__b.pdf"),
    ],
)
def test_a_name_is_safe_and_fits_the_content(given: str, named: str) -> None:
    assert name_for(given, PDF) == named
    assert name_for(named, PDF) == named


def test_every_type_has_its_extension() -> None:
    for media_type, extensions in EXTENSIONS.items():
        assert name_for("a", media_type) == f"a.{extensions[0]}"
        for extension in extensions:
            assert name_for(f"a.{extension}", media_type) == f"a.{extension}"
    assert name_for("a.pdf", "text/html") == "a.pdf.bin"


def test_the_length_is_limited_in_bytes() -> None:
    longest = "长" * 83 + "12.pdf"
    assert check_name(longest) == longest
    with pytest.raises(Invalid, match="最多 255 字节（约 80 个汉字），现为 256 字节"):
        check_name(f"1{longest}")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report-1.2_a.pdf", "attachment; filename=\"report-1.2_a.pdf\"; filename*=UTF-8''report-1.2_a.pdf"),
        ("报 告.pdf", "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E6%8A%A5%20%E5%91%8A.pdf"),
        ('a"\r\n/b', "attachment; filename=\"a____b\"; filename*=UTF-8''a%22%0D%0A%2Fb"),
    ],
)
def test_a_name_in_a_header(name: str, header: str) -> None:
    assert disposition(name) == header


def test_every_content_disposition_is_made_by_one_function() -> None:
    for folder in ("services", "shared"):
        for path in Path(folder).rglob("*.py"):
            texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
            found = [text for text in texts if isinstance(text, str) and "filename=" in text and "attachment" in text]
            assert not found or path.name == "file_names.py", path
