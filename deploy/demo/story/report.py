"""The end of the story on the screen: the table of projects, the addresses, and tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from deploy.demo.directory import OWN_PROJECT, directory
from deploy.demo.story.client import StoryClient
from shared.settings import Settings

SHOWN_PERSONAS = (OWN_PROJECT, "110102-officer-1", "110102-supervisor-1", "city-officer-1", "auditor-1")
TITLES = {
    "intake": "项目储备与申报",
    "eligibility": "政策审核与入库",
    "funding": "资金管理",
    "monitoring": "跟踪监测与评价",
}


@dataclass
class Line:
    """Project in the table."""

    project: str
    district: str
    stage: str = ""
    decision: str = ""
    award: str = ""
    released: str = ""
    credit: str = ""
    data: str = "模拟"
    """模拟: all of it is invented; 含模拟: a real project by its published facts, the rest and all amounts invented."""


@dataclass
class Outcome:
    """Result of the story: its lines, and the differences from the expected."""

    lines: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: int = 0

    @property
    def as_expected(self) -> bool:
        """True when nothing differs from the expected."""
        return not self.faults


def print_outcome(screen: Console, outcome: Outcome, seconds: float) -> None:
    """Print every project with its result, money in 万元, and every difference from the expected."""
    table = Table(title="一个季度到一份评价：故事里的项目（金额均为模拟）", title_justify="left")
    for heading in ("项目", "数据", "区", "阶段", "结论与条款", "批复（万元）", "已拨付（万元）", "信用"):
        amount = "万元" in heading
        table.add_column(heading, justify="right" if amount else "left", no_wrap=amount, overflow="fold")
    for line in outcome.lines:
        table.add_row(
            line.project,
            line.data,
            line.district,
            line.stage,
            line.decision,
            line.award,
            line.released,
            line.credit,
        )
    screen.print(table)
    for fault in outcome.faults:
        screen.print(f"[red]✘ {fault}[/red]", highlight=False)
    verdict = "[green]全部符合预期[/green]" if outcome.as_expected else "[red]与预期不符[/red]"
    screen.print(f"{verdict}  {outcome.requests} requests, {seconds:.1f} s from start", highlight=False)


def print_sign_in(screen: Console, addresses: Mapping[str, str], client: StoryClient, settings: Settings) -> None:
    """Print the addresses and the tokens of some personas, and the commands for the others."""
    table = Table("服务", "接口文档", "事件流", "健康")
    for name, base in addresses.items():
        table.add_row(TITLES[name], f"{base}/docs", f"{base}/events/stream", f"{base}/readyz")
    screen.print(table)
    if settings.bus == "kafka":
        screen.print(f"消息系统 Kafka：{settings.kafka_servers}", highlight=False)
    screen.print("令牌 tokens（Authorization: Bearer …；演示时钟停在 " + f"{client.now:%Y-%m-%d}）")
    entries = directory()
    for name in SHOWN_PERSONAS:
        entry = entries[name]
        token = client.token(entry.persona)
        screen.print(f"{name}  {entry.persona.name}：{entry.purpose}\n{token}", soft_wrap=True, highlight=False)
    screen.print("其他人员 others: ./tenghuan personas, ./tenghuan token PERSONA", highlight=False)
    screen.print("Ctrl-C 停止 stops")
