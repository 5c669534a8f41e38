"""The city's review up to the pool: two reviewers at once, scores that come while somebody already decides. 三（二）"""

from typing import Any

from deploy.demo.story.review import CRITERIA
from faults.workload.case import Case, at_once, done

REFUSED_CLAUSE = "二（一）2"
PASS = {"outcome": "pass", "reason": "各项条件均已满足"}
REJECT = {"outcome": "reject", "reason": f"不符合{REFUSED_CLAUSE}", "clauses": [REFUSED_CLAUSE]}
NO_CONFLICT = {"position": "none", "statement": "与项目单位无利害关系"}


async def review(case: Case) -> None:
    """All of it; `case.over` unless the project is in the pool."""
    path = f"/v1/assessments/{case.id}"
    case.over = not await case.seen("eligibility", path, "concluder", "received_on") or not await _conclude(case)
    if case.over:
        return
    reviewers = ("first_reviewer", "second_reviewer")
    await at_once(*(_declare(case, who) for who in reviewers))
    await _recognise(case)
    pooled = await _score(case, reviewers)
    case.over = not pooled and not await _admit(case)


async def _conclude(case: Case) -> bool:
    """Whether the conditions were found to be met."""
    if case.likely("concluded by its receiver", 0.1):
        own = await case.review("conclude_review", "conclude", "receiver", PASS, said=PASS)
        if own.accepted:
            return True
    passed = await case.review("conclude_review", "conclude", "concluder", PASS, said=PASS)
    if not passed.accepted:
        await case.review("conclude_review", "conclude", "concluder", REJECT, said=REJECT)
    return passed.accepted


async def _declare(case: Case, who: str) -> Any:
    return await case.review("declare_conflict", "conflict-declaration", who, NO_CONFLICT)


async def _recognise(case: Case) -> None:
    part = {"index": 0, "assessed_investment_yuan": f"{case.investment_yuan}.00"}
    body = {"components": [part], "opinion": "投资构成合理，予以审定"}
    await case.review("recognise_investment", "investment", "first_reviewer", body)


async def _score(case: Case, reviewers: tuple[str, ...]) -> bool:
    """Both give their marks at once, one of them now and then twice, or a supervisor does not wait for them."""
    acts = [_sheet(case, who) for who in reviewers]
    if case.likely("scored twice", 0.2):
        acts.append(_sheet(case, reviewers[0]))
    hasty = [_enter(case, "admitter")] if case.likely("admitted in haste", 0.2) else []
    given = await at_once(*acts, *hasty)
    return done(*given[len(acts) :])


async def _sheet(case: Case, who: str) -> Any:
    points = case.chance(f"marks of {who}").randint(75, 95)
    marks = [{"criterion": criterion, "points": points, "comment": "材料充分"} for criterion in CRITERIA]
    sheet = {"marks": marks, "opinion": "同意"}
    return await case.review("score_project", "scores", who, sheet, said={"points": points}, contested=True)


async def _admit(case: Case) -> bool:
    both = ("admitter", "judge") if case.likely("admitted by two", 0.1) else ("admitter",)
    return done(*await at_once(*(_enter(case, who) for who in both)))


async def _enter(case: Case, who: str) -> Any:
    body = {"reason": "评估通过，同意入库"}
    return await case.review("enter_pool", "enter-pool", who, body, contested=True)
