"""The event catalogue as a page: plain HTML, no script, nothing from elsewhere, fit for printing."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from shared.contracts import event_class
from shared.contracts.delivery import MessageDeadLettered
from shared.contracts.pushes import LibraryUpdate, ResourceUpdate
from shared.events.bus.publishing import headers_of
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, events_topic
from shared.events.catalogue import OTHERS, Entry, Field, Other, Structure, entries, other, structures
from shared.events.catalogue.samples import example_message, example_update
from shared.events.catalogue.words import service_title, words

LONG_LINES = 24
"""An example with more lines is printed in two columns."""
_LEAD = (
    "腾焕四个服务之间、以及向外部系统发布的全部事件：叫什么、何时发布、谁据此办理、有哪些字段。"
    "事件只陈述已经发生的事实，类型的含义永不改变；只会增加可缺的字段，其他变化一律用新的类型版本。"
)
_PROMISES = (
    ("没有发生的不会发布", "事件与它所宣告的办理结果在同一个数据库事务里写成。"),
    ("发生了的至少送达一次", "故障后可能重复送达；重复的消息标识 <code>ce_id</code> 相同，接收方见过的标识不再处理。"),
    (
        "同一对象的事件按次序到达",
        "消息键是对象的标识，<code>ce_sequence</code> 从 1 起连续；不同对象之间、不同主题之间没有次序。",
    ),
    (
        "三种接收方式内容相同",
        "Kafka 主题；<code>GET /events</code> 按游标读取；<code>GET /events/stream</code> 持续接收"
        "（Server-Sent Events）。",
    ),
)


@cache
def page() -> str:
    """The whole page. The same in every service, so that links between services' events lead somewhere."""
    return "".join(_page())


def _page() -> Iterator[str]:
    style = (Path(__file__).parent / "page.css").read_text()
    yield '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>腾焕 · 事件目录</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    yield '<a class="skip" href="#main">跳到正文</a>\n'
    yield f"<header>\n<h1>腾焕 · 事件目录</h1>\n<p>{_LEAD}</p>\n"
    yield '<p><a href="/docs">本服务接口文档</a>　<a href="/asyncapi.json">本服务 AsyncAPI 文档</a></p>\n</header>\n'
    yield from _contents()
    yield '<main id="main">\n'
    yield from _receiving()
    for service in words()["services"]:
        yield from _service(service)
    yield from _others()
    yield from _structures()
    yield "</main>\n<footer>本页由事件定义自动生成。示例均为虚构。</footer>\n</body>\n</html>\n"


def _contents() -> Iterator[str]:
    yield '<nav aria-label="目录">\n<ul><li><a href="#receiving">如何接收</a></li></ul>\n'
    for service in words()["services"]:
        links = "".join(
            f'<li><a href="#{entry.type}">{escape(entry.words.title)}</a></li>\n' for entry in _entries(service)
        )
        yield f"<h2>{service_title(service)}</h2>\n<ul>\n{links}</ul>\n"
    rest = "".join(f'<li><a href="#{model.__name__}">{other(model).title}</a></li>\n' for model in OTHERS)
    yield f"<h2>其他消息</h2>\n<ul>\n{rest}</ul>\n"
    parts = "".join(f'<li><a href="#{part.name}">{escape(part.title)}</a></li>\n' for part in structures())
    yield f"<h2>组成部分</h2>\n<ul>\n{parts}</ul>\n</nav>\n"


def _entries(service: str) -> list[Entry]:
    return [entry for entry in entries() if entry.service == service]


def _receiving() -> Iterator[str]:
    yield '<section id="receiving" aria-labelledby="h-receiving">\n<h2 id="h-receiving">如何接收</h2>\n<dl>\n'
    yield "".join(f"<dt>{title}</dt><dd>{text}</dd>\n" for title, text in _PROMISES)
    yield "</dl>\n"
    sample = headers_of(example_message(event_class(words()["page"]["sample"])))
    yield _headers("消息头（CloudEvents 1.0，Kafka 二进制模式）", "headers", {k: v.decode() for k, v in sample})
    yield "</section>\n"


def _headers(caption: str, section: str, examples: Mapping[str, str]) -> str:
    rows = (
        f'<tr><th scope="row"><code>{name}</code></th><td>{escape(text)}</td>'
        f"<td><code>{escape(examples[name])}</code></td></tr>\n"
        for name, text in words()[section].items()
    )
    return _table(caption, ("消息头", "含义", "示例"), rows)


def _service(service: str) -> Iterator[str]:
    yield f'<section aria-labelledby="h-{service}">\n<h2 id="h-{service}">{service_title(service)}</h2>\n'
    yield f"<p>主题 <code>{events_topic(service)}</code></p>\n"
    for entry in _entries(service):
        yield from _event(entry)
    yield "</section>\n"


def _event(entry: Entry) -> Iterator[str]:
    title = escape(entry.words.title)
    yield f'<article id="{entry.type}" aria-labelledby="h-{entry.type}">\n'
    yield f'<h3 id="h-{entry.type}">{title}<code>{entry.type}</code></h3>\n<dl>\n'
    yield f"<dt>何时发布</dt><dd>{escape(entry.words.when)}</dd>\n"
    yield f"<dt>依据条款</dt><dd>{'、'.join(entry.clauses) or '—'}</dd>\n"
    yield f"<dt>关于</dt><dd>{escape(entry.subject)}（消息键）</dd>\n<dt>谁据此办理</dt><dd>{_acts(entry)}</dd>\n"
    yield f'<dt>数据定义</dt><dd><a href="/schemas/{entry.type}">JSON Schema</a></dd>\n</dl>\n'
    yield _fields(f"“{title}”的数据", entry.fields)
    yield f"{_example(title, entry.example)}</article>\n"


def _example(title: str, data: dict[str, Any]) -> str:
    text = escape(json.dumps(data, ensure_ascii=False, indent=2), quote=False)
    long = ' class="long"' if text.count("\n") > LONG_LINES else ""
    return f'<pre{long} tabindex="0" role="region" aria-label="“{title}”的示例数据">{text}</pre>\n'


def _acts(entry: Entry) -> str:
    if not entry.words.acts:
        return "供外部系统和看板使用，服务之间不据此办理"
    acts = (f"<li>{service_title(service)}：{escape(act)}</li>" for service, act in entry.words.acts.items())
    return f"<ul>{''.join(acts)}</ul>"


def _others() -> Iterator[str]:
    yield '<section aria-labelledby="h-others">\n<h2 id="h-others">其他消息</h2>\n'
    notices = "、".join(f"<code>{dead_letters_topic(service)}</code>" for service in words()["services"])
    yield from _other(other(MessageDeadLettered), notices)
    for model in (ResourceUpdate, LibraryUpdate):
        yield from _other(other(model), f"<code>{LIBRARY_UPDATES}</code>（由区系统写入）")
    yield _headers("区系统推送时的消息头", "update_headers", example_update(ResourceUpdate)[0])
    yield "</section>\n"


def _other(said: Other, topics: str) -> Iterator[str]:
    yield f'<article id="{said.name}" aria-labelledby="h-{said.name}">\n<h3 id="h-{said.name}">{said.title}</h3>\n'
    yield f"<dl>\n<dt>主题</dt><dd>{topics}</dd>\n<dt>何时</dt><dd>{escape(said.when)}</dd>\n</dl>\n"
    yield f"{_fields(f'“{said.title}”的数据', said.fields)}{_example(said.title, said.example)}</article>\n"


def _structures() -> Iterator[str]:
    yield '<section aria-labelledby="h-parts">\n<h2 id="h-parts">组成部分</h2>\n'
    for part in structures():
        yield _structure(part)
    yield "</section>\n"


def _structure(part: Structure) -> str:
    name, title = part.name, escape(part.title)
    head = f'<article id="{name}" aria-labelledby="h-{name}">\n<h3 id="h-{name}">{title}</h3>\n'
    return f"{head}{_fields(f'“{title}”的字段', part.fields)}</article>\n"


def _fields(caption: str, fields: Iterable[Field]) -> str:
    return _table(caption, ("字段", "类型", "含义", "可空"), map(_field, fields))


def _field(field: Field) -> str:
    kind = f'<a href="#{field.structure}">{escape(field.kind)}</a>' if field.structure else escape(field.kind)
    codes = "、".join(f"<code>{escape(code)}</code> {escape(word)}" for code, word in field.codes)
    said = escape(field.meaning) + (f"：{codes}" if codes else "")
    return (
        f'<tr><th scope="row"><code>{field.name}</code></th><td class="kind">{kind}</td><td>{said}</td>'
        f'<td class="null">{"可空" if field.may_be_null else ""}</td></tr>\n'
    )


def _table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{caption}">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n</table>\n</div>\n"
    )
