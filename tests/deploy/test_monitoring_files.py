"""Alert rules and dashboard: every metric and label they name is in a scrape, every runbook in the operators' page."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from services.funding.ledger.job import verify_ledger
from shared import metrics
from shared.settings import ROOT
from tests.shared.scraping import scrape_until
from tests.shared.test_exporter import exported
from tests.world import World

FOLDER = ROOT / "deploy" / "monitoring"
_NAME = re.compile(r"\b(tenghuan_\w+|process_\w+)\b(?:\{([^}]*)\})?")
_BY = re.compile(r"\b(?:by|ignoring) \(([^)]*)\)")
_OF_PROMETHEUS = {"job", "instance", "le", "state"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Yield every PromQL expression of the rules and the dashboard."""
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


async def labels_by_name(world: World) -> dict[str, set[str]]:
    """Scrape a process in which everything that can be measured was, and return the labels of each sample."""
    metrics.LAG.labels("intake", "eligibility.events").set(0)  # only a broker has a lag
    async with exported(world) as port:
        await world.get("intake", "/v1/declarations", "auditor-1")
        await verify_ledger(world.instances["funding"])
        await scrape_until(port, "overdue_cases", 0, service="monitoring", kind="evaluation")
        samples = await scrape_until(port, "overdue_cases", 0, service="intake", kind="submitted")
    found: dict[str, set[str]] = defaultdict(set)
    for name, labels in samples:
        found[name] |= {label for label, _ in labels}
    return found


async def test_every_metric_and_label_of_rules_and_dashboard_is_in_a_scrape(world: World) -> None:
    found = await labels_by_name(world)
    used = list(expressions())
    assert len(used) > 30
    for expression in used:
        names = _NAME.findall(expression)
        assert names or "up{" in expression, expression
        known = set(_OF_PROMETHEUS)
        for name, selector in names:
            assert name in found, f"{name} in {expression}"
            known |= found[name]
            assert set(re.findall(r"(\w+)[!=]", selector)) <= found[name] | {"job"}, f"{name}{{{selector}}}"
        grouped = {label.strip() for group in _BY.findall(expression) for label in group.split(",")}
        assert grouped <= known, expression


def test_every_alert_has_a_severity_a_summary_and_a_runbook_that_exists() -> None:
    pages = [(ROOT / "docs" / name).read_text() for name in ("operations.md", "runbooks.md")]
    headings = set(re.findall(r"^## (.+)$", "\n".join(pages), re.M))
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket", "info"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] in headings, rule["alert"]


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: apt install prometheus)"
)
@pytest.mark.parametrize(
    "command", ["check config prometheus.yml", "check rules alerts.yml", "test rules alerts_test.yml"]
)
def test_promtool_accepts_the_files(command: str) -> None:
    ran = subprocess.run(["promtool", *command.split()], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
