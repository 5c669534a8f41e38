"""Sample rows of the two lists of industries, marked as such; real ones come with their documents. 二（二）1"""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from deploy.demo.story.client import StoryClient

CLASSES = """code,valid_from,fields
I65,2024-01-01,高精尖产业、数字经济与实体经济融合
7320,2024-01-01,现代服务业
52,2024-01-01,无
"""
RESTRICTIONS = """code,valid_from,level,districts,text
5101,2024-01-01,限制,东城区、西城区,示例行：仅用于演示，不是目录原文
0610,2024-01-01,禁止,全市,示例行：仅用于演示，不是目录原文
"""
DOCUMENT = {"document_no": "示例〔2024〕1号", "documented_on": "2024-01-02", "reason": "演示用示例数据"}
PAPER = "%PDF-1.7\n% 示例文件，仅用于演示\n".encode()


async def enter_lists(client: StoryClient, ids: dict[str, str]) -> None:
    """Import sample rows of both lists with a sample document; another officer confirms each."""
    await _enter(client, "industry_class", "示例行业对照表（仅供演示）", CLASSES)
    await _enter(client, "industry_restriction", "示例禁止和限制目录（仅供演示）", RESTRICTIONS)


async def _enter(client: StoryClient, kind: str, title: str, rows: str) -> None:
    place = urlencode({"record": "policy", "kind": "series_document", "filename": f"{title}.pdf"})
    sent = await client.ask(
        "eligibility", "POST", f"/v1/attachments?{place}", "city-officer-1", key=f"paper-{kind}",
        content=PAPER + kind.encode(),
    )  # fmt: skip
    body: dict[str, Any] = {"kind": kind, "document_title": title, **DOCUMENT, "attachments": [sent.json()["id"]]}
    body["file"] = b64encode(rows.encode()).decode()
    batch = await client.post("eligibility", "/v1/series/batches", "city-officer-1", f"enter-{kind}", body)
    path = f"/v1/series/batches/{batch['id']}/confirm"
    await client.decide("eligibility", path, "city-officer-2", f"confirm-{kind}")
