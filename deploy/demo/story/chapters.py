"""Chapters of the story in order, and the comparison of its end with the expected."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.demo.story import declarations, funding, lists, monitoring, registers, review
from deploy.demo.story.client import StoryClient, Unexpected
from deploy.demo.story.projects import CASES, COMPLETED, REFUSED_BY_CITY, SETTLED, Case
from deploy.demo.story.report import Line, Outcome
from shared.districts import DISTRICTS

Chapter = tuple[str, Callable[[], Awaitable[Any]]]


async def tell(client: StoryClient, screen: Console) -> Outcome:
    """Tell all chapters with progress; a step that fails ends the story and is named in the outcome."""
    ids: dict[str, str] = {}
    outcome = Outcome()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen) as progress:
        for title, chapter in _chapters(client, ids):
            running = progress.add_task(title, total=1)
            try:
                await chapter()
            except (Unexpected, KeyError) as fault:
                outcome.faults.append(f"{title}：{fault!r}" if isinstance(fault, KeyError) else f"{title}：{fault}")
                progress.update(running, description=f"[red]✘ {title}[/red]", completed=1)
                break
            progress.update(running, description=f"[green]✔[/green] {title}", completed=1)
    declared = [case for case in CASES if case.key in ids]
    lines = await asyncio.gather(
        *(_line(client, case, ids[case.key], outcome) for case in declared), return_exceptions=True
    )
    for case, line in zip(declared, lines, strict=True):
        if isinstance(line, Unexpected):
            outcome.faults.append(f"{case.name}：{line}")
        elif isinstance(line, BaseException):
            raise line
        else:
            outcome.lines.append(line)
    outcome.requests = client.steps
    return outcome


def _chapters(client: StoryClient, ids: dict[str, str]) -> list[Chapter]:
    async def reports() -> None:
        await monitoring.report_quarter(client, ids, "2024Q3")
        await funding.pay_interest(client, ids)

    return [
        ("各区推送资源台账与储备库", lambda: registers.load_registers(client, ids)),
        ("各区按季度审定报送", lambda: registers.certify(client)),
        ("登记示例产业清单", lambda: lists.enter_lists(client, ids)),
        ("项目申报、初审、征求意见、上报与市级接收", lambda: declarations.file_everything(client, ids)),
        ("条件审查：机器判定、人工认定、结论", lambda: review.decide(client, ids)),
        ("入库评估", lambda: review.enter_pool(client, ids)),
        ("年度预算", lambda: funding.appropriate(client)),
        ("批复资金申请报告", lambda: funding.approve(client, ids)),
        ("下达投资计划", lambda: funding.plan(client, ids)),
        ("确认收款账户", lambda: funding.enter_payees(client, ids)),
        ("拨付投资补助", lambda: funding.release(client, ids)),
        ("贷款贴息与季度报告", reports),
        ("现场核查发现挪用", lambda: monitoring.find_diversion(client, ids)),
        ("暂停支付与追回", lambda: funding.claw_back(client, ids)),
        ("项目交付", lambda: monitoring.deliver(client, ids)),
        ("年末报告与在线监测", lambda: _year_end(client, ids)),
        ("交付后各季度报告", lambda: _later_quarters(client, ids)),
        ("交付一年内评价", lambda: monitoring.evaluate(client, ids)),
        ("信用评价", lambda: monitoring.rate(client, ids)),
        ("绿色项目登记", lambda: monitoring.register_green(client, ids)),
    ]


async def _year_end(client: StoryClient, ids: dict[str, str]) -> None:
    await monitoring.report_quarter(client, ids, "2024Q4")
    await monitoring.watch(client, ids)


async def _later_quarters(client: StoryClient, ids: dict[str, str]) -> None:
    for quarter in ("2025Q1", "2025Q2", "2025Q3"):
        await monitoring.report_quarter(client, ids, quarter)


async def _line(client: StoryClient, case: Case, declaration: str, outcome: Outcome) -> Line:
    """Read a project's line from the services; note differences from the expected in the outcome's faults."""
    seen = await client.get("intake", f"/v1/declarations/{declaration}", case.owner)
    line = Line(case.name, DISTRICTS[case.district].name, seen["stage_label"])
    line.data = "含模拟" if case.real_facts else "模拟"
    if case is COMPLETED:
        line.decision = "不予受理 二（五）"
        return line
    review = await _read(client, "eligibility", f"/v1/assessments/{declaration}")
    line.decision = _decision(case, review)
    application = await _read(client, "funding", f"/v1/applications/{declaration}")
    if application:
        figures = {figure["key"]: str(figure["yuan"]) for figure in application["amounts"]}
        line.award, line.released = _in_wan(figures.get("award")), _in_wan(figures.get("released"))
    credit = await _read(client, "monitoring", f"/v1/entities/{case.owner.uscc}/credit", "city-officer-3")
    line.credit = (credit or {}).get("grade") or ""
    got = (line.stage, line.decision, line.award, line.released, line.credit)
    if not outcome.faults and got != EXPECTED[case.key]:
        outcome.faults.append(f"{case.name}：{got}，预期 {EXPECTED[case.key]}")
    return line


async def _read(client: StoryClient, service: str, path: str, who: str = "auditor-1") -> dict[str, Any] | None:
    answer = await client.ask(service, "GET", path, who, expect=(200, 404))
    found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
    return found


def _decision(case: Case, review: dict[str, Any] | None) -> str:
    if review is None:
        return ""
    if case in REFUSED_BY_CITY:
        return f"不符合 {'、'.join(review['current']['unmet'])}"
    settled = "（二（一）1 由人认定）" if case is SETTLED else ""
    return f"符合条件{settled}" if review["decision"] == "eligible" else str(review["decision"])


def _in_wan(yuan: str | None) -> str:
    """Return yuan in 万元 with four decimals (I34)."""
    return "" if yuan in (None, "None") else f"{Decimal(str(yuan)) / 10_000:,.4f}"


MET = "符合条件"
EXPECTED = {
    "cap": ("已评价", MET, "5,000.0000", "5,000.0000", "A"),
    "interest": ("资金已下达", MET, "1,399.1667", "172.9444", ""),
    "package": ("资金已下达", MET, "3,800.0000", "3,800.0000", ""),
    "line": ("审查不通过", "不符合 二（一）2", "", "", ""),
    "municipal": ("审查不通过", "不符合 二（五）", "", "", ""),
    "retail": ("审查不通过", "不符合 二（二）1", "", "", ""),
    "settled": ("已批复，待下达资金", f"{MET}（二（一）1 由人认定）", "4,000.0000", "0.0000", ""),
    "diverted": ("资金已追回", MET, "3,000.0000", "3,000.0000", "D"),
    "missed": ("已评价", MET, "2,600.0000", "2,600.0000", "B"),
}
