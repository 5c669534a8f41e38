"""When the review of conditions may end, and how (二, 二（五）, 四（一）2). Refusals say what stands in the way."""

from collections.abc import Mapping, Sequence

from services.eligibility.models import Review
from services.eligibility.rules.judgement import open_clauses
from shared.errors import Invalid, WrongStatus
from shared.policy import Decision

LIBRARY_CLAUSE = "四（一）2"


class NotMet(WrongStatus):
    """A condition is not met: the review cannot be passed."""

    code, title = "conditions_not_met", "存在未满足的条件"


class StillOpen(WrongStatus):
    """A finding waits for facts or for a person's settlement."""

    code, title = "findings_open", "存在待定事项"


class NotReceived(WrongStatus):
    """The city has not taken the declaration in, or found the project completed. 二（五）"""

    code, title = "not_received", "市级尚未接收或项目已完工"


def check_pass(review: Review, decision: Decision, given: Mapping[str, str]) -> dict[str, str]:
    """What allows a pass: the reasons for conditions that hold 原则上 and are set aside, by clause.

    Raises NotMet, StillOpen, NotReceived, Invalid.
    """
    if decision.unmet:
        raise NotMet(f"未满足：{'、'.join(decision.unmet)}", clauses=list(decision.unmet))
    if waiting := open_clauses(decision):
        raise StillOpen(f"待定：{'、'.join(waiting)}", clauses=list(waiting))
    if review.received_on is None or review.construction_status in (None, "completed"):
        raise NotReceived(_receipt(review))
    return _exceptions(review, decision, given)


def check_rejection(decision: Decision, clauses: Sequence[str]) -> None:
    """A refusal names clauses that the findings show as not met. Raises Invalid."""
    if not clauses:
        raise Invalid("不通过须列明未满足的条款", field="/body/clauses")
    known = {*decision.unmet, *decision.needs_reason}
    if strange := [clause for clause in clauses if clause not in known]:
        raise Invalid(f"判定结果中没有未满足的条款：{'、'.join(strange)}", field="/body/clauses")


def _exceptions(review: Review, decision: Decision, given: Mapping[str, str]) -> dict[str, str]:
    forwarded = {LIBRARY_CLAUSE: review.library_exception_reason} if review.library_exception_reason else {}
    reasons: dict[str, str] = {**forwarded, **given}
    if lacking := [clause for clause in decision.needs_reason if clause not in reasons]:
        raise Invalid(f"原则性条款未满足，须说明理由：{'、'.join(lacking)}", field="/body/exceptions")
    return {clause: reasons[clause] for clause in decision.needs_reason}


def _receipt(review: Review) -> str:
    return "已完工项目不再予以支持" if review.construction_status == "completed" else "市发展改革委尚未接收"
