"""Attacks by what is typed and uploaded: deceiving characters, deceiving files, bodies that cost much."""

import time

from attacks.acts import DRAFT, PDF, drafted
from attacks.registry import attack
from attacks.target import Succeeded, Target

STALL_SECONDS = 5.0
LARGEST_ANSWER = 100_000


@attack("input")
async def deceive_readers_with_characters(target: Target) -> None:
    """Deceive readers of a name: reversed, invisible or forged as a section of a report"""
    owner = target.owner_of(DRAFT)
    for name in ("示例\u202e目项", "示例\u2066项目", "示例\ue000项目", "示例\x9b项目"):
        await target.refused(422, "intake", "POST", "/v1/declarations", owner, json=DRAFT | {"project_name": name})
    for name in ("示例\u200b项目", "示例项目\n## 评价得分 100 分", "示例\t项目\u2028甲"):
        answer = await target.ask("intake", "POST", "/v1/declarations", owner, json=DRAFT | {"project_name": name})
        if answer.is_success and set(answer.json()["project_name"]) & set("\u200b\n\t\u2028"):
            raise Succeeded(f"kept as typed: {answer.json()['project_name']!r}")


@attack("input")
async def hand_out_a_script_as_a_document(target: Target) -> None:
    """Have a script handed out: a file that begins like a PDF and is named .html"""
    case, owner = await drafted(target)
    path = f"/v1/declarations/{case}/materials?kind=credit_report&filename=a.html"
    sent = await target.ask("intake", "POST", path, owner, content=b"%PDF-<script>alert(1)</script>")
    if sent.status_code == 415:
        return
    content = f"/v1/declarations/{case}/materials/{sent.json()['id']}/content"
    answer = await target.ask("intake", "GET", content, owner)
    safe = (
        "attachment" in answer.headers["content-disposition"]
        and ".html" not in answer.headers["content-disposition"]
        and answer.headers.get("x-content-type-options") == "nosniff"
    )
    if not safe:
        raise Succeeded(f"handed out as {answer.headers['content-disposition']}")


@attack("input")
async def hide_a_file_name(target: Target) -> None:
    """Store a file name of another encoding as rubbish"""
    case, owner = await drafted(target)
    path = f"/v1/declarations/{case}/materials?kind=credit_report&filename=%B1%A8%B8%E6.pdf"
    sent = await target.ask("intake", "POST", path, owner, content=PDF + b"gbk")
    if sent.is_success and "\ufffd" in sent.json()["filename"]:
        raise Succeeded(f"stored as {sent.json()['filename']}")


@attack("input")
async def stall_the_suite_with_faults(target: Target) -> None:
    """Stall the suite, or make it answer megabytes, with thousands of faults in one body"""
    owner = target.owner_of(DRAFT)
    faulty = {"components": [{"kind": "x", "renovated_area_m2": "y"}] * 4000}
    began = time.perf_counter()
    answer = await target.ask("intake", "POST", "/v1/declarations", owner, json=DRAFT | {"facts": faulty})
    whole = await target.ask("eligibility", "POST", "/v1/dry-run", owner, json={"facts": faulty})
    if max(len(answer.content), len(whole.content)) > LARGEST_ANSWER:
        raise Succeeded(f"answers of {len(answer.content)} and {len(whole.content)} bytes")
    if time.perf_counter() - began > STALL_SECONDS:
        raise Succeeded(f"two requests took {time.perf_counter() - began:.1f} s")


@attack("input")
async def fill_the_memory_with_unknown_fields(target: Target) -> None:
    """Send 5 MB of unknown fields to an act, and 8 MB without signing in"""
    owner = target.owner_of(DRAFT)
    await target.refused(413, "intake", "POST", "/v1/declarations", owner, json={f"x{n}": n for n in range(400_000)})
    await target.refused(401, "intake", "POST", "/v1/resources:batchUpsert", content=b"[" + b"0," * 4_000_000 + b"0]")
