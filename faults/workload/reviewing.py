"""Review by the city up to the pool: two concurrent reviewers, scores that race with the decision. 三（二）"""

from typing import Any

from deploy.demo.story.review import CRITERIA
from faults.workload.case import Case, any_accepted, concurrently

REFUSED_CLAUSE = "二（一）2"
PASS = {"outcome": "pass", "reason": "各项条件均已满足"}
REJECT = {"outcome": "reject", "reason": f"不符合{REFUSED_CLAUSE}", "clauses": [REFUSED_CLAUSE]}
NO_CONFLICT = {"position": "none", "statement": "与项目单位无利害关系"}


async def review(case: Case) -> None:
    """Run all steps; set `case.finished` unless the project enters the pool."""
    path = f"/v1/assessments/{case.id}"
    case.finished = not await case.wait_for("eligibility", path, "concluder", "received_on") or not await _conclude(
        case
    )
    if case.finished:
        return
    reviewers = ("first_reviewer", "second_reviewer")
    await concurrently(*(_declare(case, role) for role in reviewers))
    await _recognise(case)
    pooled = await _score(case, reviewers)
    case.finished = not pooled and not await _admit(case)


async def _conclude(case: Case) -> bool:
    """Conclude the review; return whether the conditions were met."""
    if case.happens("concluded by its receiver", 0.1):
        own = await case.eligibility_act("conclude_review", "conclude", "receiver", PASS, facts=PASS)
        if own.accepted:
            return True
    passed = await case.eligibility_act("conclude_review", "conclude", "concluder", PASS, facts=PASS)
    if not passed.accepted:
        await case.eligibility_act("conclude_review", "conclude", "concluder", REJECT, facts=REJECT)
    return passed.accepted


async def _declare(case: Case, role: str) -> Any:
    return await case.eligibility_act("declare_conflict", "conflict-declaration", role, NO_CONFLICT)


async def _recognise(case: Case) -> None:
    part = {"index": 0, "assessed_investment_yuan": f"{case.investment_yuan}.00"}
    body = {"components": [part], "opinion": "投资构成合理，予以审定"}
    await case.eligibility_act("recognise_investment", "investment", "first_reviewer", body)


async def _score(case: Case, reviewers: tuple[str, ...]) -> bool:
    """Send both scores at once, sometimes one of them twice, sometimes with a decision that does not wait for them."""
    acts = [_sheet(case, role) for role in reviewers]
    if case.happens("scored twice", 0.2):
        acts.append(_sheet(case, reviewers[0]))
    hasty = [_enter(case, "admitter")] if case.happens("admitted in haste", 0.2) else []
    given = await concurrently(*acts, *hasty)
    return any_accepted(*given[len(acts) :])


async def _sheet(case: Case, role: str) -> Any:
    points = case.rng(f"marks of {role}").randint(75, 95)
    marks = [{"criterion": criterion, "points": points, "comment": "材料充分"} for criterion in CRITERIA]
    sheet = {"marks": marks, "opinion": "同意"}
    return await case.eligibility_act("score_project", "scores", role, sheet, facts={"points": points}, contested=True)


async def _admit(case: Case) -> bool:
    roles = ("admitter", "judge") if case.happens("admitted by two", 0.1) else ("admitter",)
    return any_accepted(*await concurrently(*(_enter(case, role) for role in roles)))


async def _enter(case: Case, role: str) -> Any:
    body = {"reason": "评估通过，同意入库"}
    return await case.eligibility_act("enter_pool", "enter-pool", role, body, contested=True)
