"""Text in documents stays text: Markdown as a parser reads it, cells of CSV, lines on a terminal."""

import csv
import io
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from shared.escaping import csv_cell, markdown, markdown_line, terminal
from shared.text import visible

PARSER = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = [
    "# 标题", "## 七、结论 100 分", "- 项", "+ 项", "* 项", "1. 项", "12) 项", "> 引", "---", "===", "```",
    "~~~", "| a | b |", "<script>alert(1)</script>", "&lt;b&gt; &amp; &#35;", "[链接](http://example.invalid)",
    "![图](x)", "<http://a.invalid>", "**粗** __粗__ *斜* _斜_ ~~删~~ `码`", "a\\b \\# \\",
    "[a]: http://a.invalid", "|---|---|", ":-: | x", "- [ ] 项", "-", "甲\n\n## 评价得分 100 分\n\n乙",
    "甲\u2028# 乙", "甲\r## 乙", "甲\u202e乙", "    缩进", "-100.00", "2024-09-02", "1.5",
]  # fmt: skip


def plain(text: str) -> str:
    return " ".join(visible(text).split())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("before", ["", "项目名称：", "- ", "1. ", "甲\n"])
def test_markdown_renders_as_the_text_itself(text: str, before: str) -> None:
    expected = [token.type for token in PARSER.parse(f"{before}字")]
    tokens = PARSER.parse(f"{before}{markdown(text)}")
    assert [token.type for token in tokens] == expected
    (inline,) = [token for token in tokens if token.type == "inline"]
    children = inline.children or []
    assert {child.type for child in children} <= {"text", "text_special", "softbreak"}
    shown = "".join("\n" if child.type == "softbreak" else child.content for child in children)
    assert shown.endswith(plain(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_of_a_markdown_table_stays_one_cell(text: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| {markdown(text)} | 2 |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    cell = [token for token in tokens if token.type == "inline"][2]
    assert "".join(child.content for child in cell.children or []) == plain(text)


@pytest.mark.parametrize("text", ["http://evil.invalid", "www.evil.invalid", "WWW.evil.invalid", "a@evil.invalid"])
def test_addresses_do_not_become_links(text: str) -> None:
    written = markdown(text)
    assert not re.search(r"://|www\.|(?<!\\)@", written, re.IGNORECASE)
    assert PARSER.render(written) == f"<p>{text}</p>\n"


def test_values_of_a_template_are_escaped_and_the_template_is_not() -> None:
    assert markdown_line("# {} **{name}** {ruleset:.2}", "a*b", name="<c>", ruleset="_xyz") == (
        r"# a\*b **&lt;c>** \_x"
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝1", "'＝1"),
        ("+86", "'+86"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", " =1"),
        ("甲\n乙", "甲 乙"),
        ("甲\u2028乙", "甲 乙"),
        ("\u200b=1", "'=1"),
        ("甲\u202e乙", "甲[U+202E]乙"),
        ('甲"，,', '甲"，,'),
    ],
)
def test_a_cell_is_one_line_and_no_formula(text: str, cell: str) -> None:
    assert csv_cell(text) == cell
    written = io.StringIO()
    csv.writer(written).writerows([[csv_cell(text), "2"]])
    assert len(written.getvalue().splitlines()) == 1
    assert next(csv.reader(written.getvalue().splitlines())) == [cell, "2"]


def test_a_terminal_gets_no_control_characters() -> None:
    assert terminal("甲\x1b[31m\n乙\x9b\u202e") == "甲[U+001B][31m 乙[U+009B][U+202E]"
    assert terminal(3) == 3


DOCUMENTS = {
    "deploy/cli/output.py": "terminal",
    "deploy/demo/story/report.py": "texts of the demonstration alone",
    "services/funding/payments/order_files.py": "csv_cell and csv_digits; the workbook takes texts alone, by visible",
    "services/intake/api/exports.py": "csv_cell",
    "services/monitoring/api/evaluation.py": "markdown_line, in rules/evaluation/report.py",
    "shared/events/catalogue/page.py": "Jinja2 with autoescape",
    "shared/logs.py": "terminal",
    "shared/web/docs.py": "texts of the program alone",
    "shared/web/problem_pages.py": "html.escape",
}
"""Modules that write documents, each with the function that escapes."""
WRITERS = re.compile(r"HTMLResponse\(|PlainTextResponse\(|csv\.writer|Environment\(|ConsoleRenderer\(|rich\.table")


def test_every_module_that_writes_a_document_is_listed() -> None:
    folders = [Path("services"), Path("shared"), Path("deploy")]
    modules = [path for folder in folders for path in folder.rglob("*.py") if WRITERS.search(path.read_text())]
    assert {path.as_posix() for path in modules} == set(DOCUMENTS)
