"""The chapter of the story in which an approval is changed: a return, a smaller content, a refusal, a withdrawal."""

from typing import Any

from tests.attachments import attached
from tests.funding.distinct import CHAOYANG, OWNER, SMALL_PARTS, at
from tests.funding.story_steps import Story

DISTRICT, OFFICER, SUPERVISOR = "110105-officer-1", "city-officer-6", "city-supervisor-2"
SMALLER = {"position": 1, "fixed_investment_yuan": "1500000.09"}


async def _body(story: Story, kind: str, **stated: Any) -> dict[str, Any]:
    paper = await attached(
        story.world, "funding", story.world.owner(), "application", story.cases["changed"], "change_evidence"
    )
    return {"kind": kind, **stated, "reason": f"变更理由-{kind}", "attachments": [paper]}


async def _asked(story: Story, kind: str, **stated: Any) -> str:
    body = await _body(story, kind, **stated)
    change = await story.post("/v1/applications/{changed}/changes", story.world.owner(), body, 201)
    return f"/v1/changes/{change['id']}"


async def changes(story: Story) -> None:
    """Approve a grant; change its site after a return, reduce its content, refuse a schedule, withdraw an entity."""
    await story.pool("changed", 6, CHAOYANG, OWNER, SMALL_PARTS)
    body = {"mode": "investment_grant", "justification": "拟变更项目的意见"}
    await story.post("/v1/applications/{changed}/draft-approval", "city-officer-1", body)
    at(story.world, "2024-08-01 09:15")
    await story.post("/v1/applications/{changed}/approve", "city-supervisor-1")
    at(story.world, "2024-08-02 10:00")
    content = {"content_and_scale": "核减一层", "components": [SMALLER]}
    path = await _asked(story, "site", address="示例路66号")
    await story.post(f"{path}/return", DISTRICT, {"reason": "变更退回的理由"})
    at(story.world, "2024-08-03 11:00")
    again = await _body(story, "content", **content)
    await story.post(f"{path}/resubmit", story.world.owner(), again)
    await story.post(f"{path}/check", DISTRICT, {"opinion": "区级核查意见"})
    at(story.world, "2024-08-04 12:00")
    recognised = [{"position": 1, "fixed_investment_yuan": "1400000.07"}]
    await story.post(f"{path}/review", OFFICER, {"opinion": "市级审核意见", "recognised": recognised})
    at(story.world, "2024-08-05 13:00")
    await story.post(f"{path}/approve", SUPERVISOR)
    path = await _asked(story, "schedule", planned_completed_on="2025-11-30", planned_started_on="2024-09-09")
    await story.post(f"{path}/check", DISTRICT, {"opinion": "工期核查意见"})
    await story.post(f"{path}/review", OFFICER, {"opinion": "工期审核意见"})
    await story.post(f"{path}/refuse", SUPERVISOR, {"reason": "不予变更的理由"})
    path = await _asked(story, "entity", applicant_name="示例单位6（更名）")
    await story.post(f"{path}/withdraw", story.world.owner(), {"reason": "撤回变更的理由"})
