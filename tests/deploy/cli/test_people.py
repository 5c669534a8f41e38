"""`tenghuan people import`: a list entered in every directory, shown first, whole or not at all, once."""

from pathlib import Path

import pytest

from services import SERVICES
from tests.deploy.cli.audit import expect_audit
from tests.deploy.operator_commands import rows_of, tenghuan
from tests.world import World

LIST = """账号,姓名,角色,所在区
inspector-7,示例甲,现场核查,
inspector-7,示例甲,auditor,
officer-7,示例乙,district_officer,东城区
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(LIST, encoding="gb18030")
    return path


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    path = tmp_path / "renamed.csv"
    path.write_text(LIST.replace("示例乙", "示例丙"))
    return path


HEADS = "subject,name,role,district\n"


async def changes(world: World, file: Path, *more: str, code: int = 0) -> dict[tuple[str, str], str]:
    rows = await rows_of(world, "people", "import", file, "--reason", "人员名单", *more, code=code)
    return {(row["service"], row["subject"]): row["change"] for row in rows}


async def entered(world: World, service: str = "monitoring") -> dict[str, tuple[list[str], list[str], str]]:
    page = await world.get(service, "/v1/people?q=-7", "auditor-1")
    return {each["subject"]: (each["roles"], each["districts"], each["name"]) for each in page["items"]}


def both(change: str) -> dict[tuple[str, str], str]:
    return {(service, subject): change for service in SERVICES for subject in ("inspector-7", "officer-7")}


async def test_a_list_is_shown_then_entered_in_every_service_and_once(world: World, file: Path, renamed: Path) -> None:
    assert await changes(world, file, "--dry-run") == both("new")
    assert await entered(world) == {}
    assert await changes(world, file, "--yes", "--operator", "示例") == both("new")
    expected = {
        "inspector-7": (["auditor", "inspector"], ["110000"], "示例甲"),
        "officer-7": (["district_officer"], ["110101"], "示例乙"),
    }
    for service in SERVICES:
        assert await entered(world, service) == expected
    assert await changes(world, file, "--yes") == both("same")
    changed = await changes(world, renamed, "--yes")
    assert changed == {**both("same"), **{(service, "officer-7"): "changed" for service in SERVICES}}
    assert (await entered(world))["officer-7"][2] == "示例丙"
    person = next(each for each in (await world.get("monitoring", "/v1/people?q=officer-7", "auditor-1"))["items"])
    acts = (await world.get("monitoring", f"/v1/acts/{person['case_id']}", "auditor-1"))["items"]
    assert [(each["act"], each["reason"]) for each in acts] == [("enter_person", "人员名单")] * 2
    assert acts[0]["detail"]["operator"] == "示例"


WRONG = {
    "a role of no official": ("a-7,甲,applicant,", "roles"),
    "a district that is none": ("a-7,甲,district_officer,天津", "district"),
    "no district": ("a-7,甲,district_officer,", "区级角色须填所在区"),
    "a district for the city": ("a-7,甲,inspector,110101", "市级角色不填"),
    "two offices": ("a-7,甲,inspector,\na-7,甲,district_officer,", "不得兼有"),
    "two names": ("a-7,甲,inspector,\na-7,乙,auditor,", "与第 3 行不同"),
    "no name": ("a-7,,inspector,", "name"),
    "an account of the suite": ("service:intake,甲,inspector,", "账号"),
    "a closed entry": ("closed-7,甲,inspector,", "已停用"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_an_error_in_one_line_is_told_and_nothing_is_entered(world: World, tmp_path: Path, case: str) -> None:
    line, said = WRONG[case]
    file = tmp_path / "people.csv"
    file.write_text(f"{HEADS}first-7,首,inspector,\n{line}\n", encoding="utf-8-sig")
    await world.database.admin.execute(
        "INSERT INTO intake.person (subject, name, roles, districts, closed_at, closed_by, closed_reason)"
        " VALUES ('closed-7', '甲', '{inspector}', '{110000}', now(), 'x', '调离')"
    )
    rows = await rows_of(world, "people", "import", file, "--reason", "名单", "--yes", "--service", "intake", code=3)
    assert [(row["change"], said in row["error"]) for row in rows] == [("new", False), ("error", True)]
    assert "first-7" not in await entered(world, "intake")
    counts = {"new": 1, "changed": 0, "same": 0, "error": 1}
    await expect_audit(
        world, ("intake",), "people import", {"file": "people.csv", "lines": line.count("\n") + 2, "dry_run": False},
        ("begun", {}), ("check_failed", counts), reason="名单",
    )  # fmt: skip


@pytest.mark.parametrize(
    "content", ["", "subject,name,role\na,b,c\n", f"{HEADS}a,b\n", f'{HEADS}"a,b\n', '"subject', b"\x81"]
)
async def test_a_file_that_is_no_such_list_is_refused(world: World, tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = await tenghuan(world, "people", "import", file, "--reason", "名单", "--yes")
    assert result.exit_code == 2
