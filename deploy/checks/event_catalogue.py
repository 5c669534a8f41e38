"""Write the event catalogue to docs/events.md: `python -m deploy.checks.event_catalogue write`; a test compares."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from shared.contracts.delivery import MessageDeadLettered
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, events_topic
from shared.events.catalogue import OTHERS, Entry, Field, entries, other, structures
from shared.events.catalogue.words import service_title, words
from shared.settings import ROOT

FILE = ROOT / "docs" / "events.md"
_LEAD = """\
# 事件目录

由 `python -m deploy.checks.event_catalogue write` 从事件定义生成；各服务的 `/docs/events` 是同一内容的网页，
`/asyncapi.json` 是 AsyncAPI 3 文档。如何接收、次序与重复：[integrators.md](integrators.md)。示例均为虚构。
"""


def catalogue() -> str:
    """Return the page."""
    return "\n".join([_LEAD, *_contents(), *_events(), *_others(), *_structures()]).rstrip() + "\n"


def _contents() -> Iterator[str]:
    yield "| 事件 | 类型 | 谁据此办理 |\n|---|---|---|"
    for entry in entries():
        acting = "、".join(service_title(service) for service in entry.words.acts)
        yield f"| {entry.words.title} | [`{entry.type}`](#{_anchor(entry.type)}) | {acting} |"
    yield "\n## 消息头\n\n| 消息头 | 含义 |\n|---|---|"
    yield from (f"| `{name}` | {text} |" for name, text in words()["headers"].items())
    yield ""


def _events() -> Iterator[str]:
    for service, title in words()["services"].items():
        yield f"## {title}\n\n主题 `{events_topic(service)}`\n"
        for entry in entries():
            if entry.service == service:
                yield from _event(entry)


def _event(entry: Entry) -> Iterator[str]:
    yield f"### {entry.type}\n\n**{entry.words.title}**。{entry.words.when}\n"
    yield f"- 依据条款：{'、'.join(entry.clauses) or '—'}\n- 关于：{entry.subject}（消息键）"
    for service, act in entry.words.acts.items():
        yield f"- {service_title(service)}：{act}"
    yield ""
    yield from _fields(entry.fields)
    yield _example(entry.example)


def _others() -> Iterator[str]:
    yield "## 其他消息\n"
    for model in OTHERS:
        part = other(model)
        topics = [LIBRARY_UPDATES]
        if model is MessageDeadLettered:
            topics = [dead_letters_topic(service) for service in words()["services"]]
        named = "、".join(f"`{topic}`" for topic in topics)
        yield f"### {part.name}\n\n**{part.title}**。{part.when}\n\n主题 {named}\n"
        yield from _fields(part.fields)
        yield _example(part.example)
    yield "### 区系统推送时的消息头\n\n| 消息头 | 含义 |\n|---|---|"
    yield from (f"| `{name}` | {text} |" for name, text in words()["update_headers"].items())
    yield ""


def _structures() -> Iterator[str]:
    yield "## 组成部分\n"
    for part in structures():
        yield f"### {part.name}\n\n**{part.title}**\n"
        yield from _fields(part.fields)


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    yield "| 字段 | 类型 | 含义 | |\n|---|---|---|---|"
    for field in fields:
        kind = f"[{field.kind}](#{_anchor(field.structure)})" if field.structure else field.kind
        codes = "、".join(f"`{code}` {word}" for code, word in field.codes)
        meaning = field.meaning + (f"：{codes}" if codes else "")
        yield f"| `{field.name}` | {kind} | {meaning} | {'可空' if field.may_be_null else ''} |"
    yield ""


def _example(data: dict[str, Any]) -> str:
    return f"```json\n{json.dumps(data, ensure_ascii=False, indent=1)}\n```\n"


def _anchor(heading: str) -> str:
    """Return the anchor that Markdown viewers give a heading."""
    return heading.lower().replace(".", "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.checks.event_catalogue", description=__doc__)
    parser.add_argument("act", choices=["check", "write"])
    if parser.parse_args().act == "check":
        return 0 if FILE.read_text() == catalogue() else 3
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(catalogue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
