"""Refusals of a submission or of a report to the city on grounds of the notice. Each is recorded as an act."""

from collections.abc import Iterable
from typing import Final

from services.intake.rules.duplicates import Match
from services.intake.rules.submission import Gap
from shared.errors import DomainError


class Incomplete(DomainError):
    """Refusal of an incomplete submission; `missing` lists the fields and materials still needed. 三（一）"""

    status, code, title = 422, "incomplete", "申报内容或材料不完整"


class ProjectCompleted(DomainError):
    """Refusal of a completed project, checked at submission and at the city's receipt (I15). 二（五）"""

    status, code, title = 409, "project_completed", "已完工项目不再予以支持"


class CreditBarred(DomainError):
    """Refusal of an entity rated D (四（一）3; our own rule: the notice leaves the consequence open)."""

    status, code, title = 409, "credit_grade_d", "项目单位信用等级为 D，暂不能申报"


OF_ANOTHER: Final = "项目代码已用于其他单位的项目"


class DuplicateFunding(DomainError):
    """Refusal of a duplicate; `matches` lists the declarations, awards and other municipal money. 二（五）, I27"""

    status, code, title = 409, "duplicate_funding", "该项目已申报或已获市级财政性资金支持"


class NotForwardable(DomainError):
    """Refusal of a report to the city; `missing` lists gaps of first review, opinion and materials. 三（一）"""

    status, code, title = 409, "not_forwardable", "尚不具备上报条件"


RECORDED_REFUSALS = (Incomplete, ProjectCompleted, CreditBarred, DuplicateFunding, NotForwardable)


def incomplete(missing: list[Gap]) -> Incomplete:
    """Return the refusal of a submission with these gaps."""
    return Incomplete(_summary(missing), missing=[gap.as_dict() for gap in missing])


def not_forwardable(missing: list[Gap]) -> NotForwardable:
    """Return the refusal of a report to the city with these gaps."""
    return NotForwardable(_summary(missing), missing=[gap.as_dict() for gap in missing])


def completed(field: str) -> ProjectCompleted:
    """Return the refusal of a completed project; `field` is the JSON pointer of the construction status."""
    detail = "方案二（五）：已完工项目不再予以支持。如建设状态填写有误，请更正为实际状态后重试"
    return ProjectCompleted(detail, field=field, clause="二（五）")


def barred(decided_on: str) -> CreditBarred:
    """Return the refusal of an entity that was rated D on this day."""
    detail = f"信用等级于 {decided_on} 评定为 D；请先提出信用修复申请，经市发展改革委同意后再申报"
    return CreditBarred(detail, clause="四（一）3")


def duplicate(matches: Iterable[Match]) -> DuplicateFunding:
    """Return the refusal of a project that these records match; those of another entity are not described."""
    found = list(matches)
    own = [match for match in found if not match.of_another]
    reasons = "；".join([match.explanation for match in own] + [OF_ANOTHER] * (len(own) < len(found)))
    return DuplicateFunding(
        f"{reasons}。请核对项目代码和项目地址；在办申报可由原申报单位撤回后再报，有异议请联系区发展改革委",
        clause="二（五）",
        matches=[match.as_dict() for match in own],
    )


def _summary(missing: list[Gap]) -> str:
    return (
        f"还缺 {len(missing)} 项：" + "、".join(gap.label for gap in missing) + "；补齐办法见 missing 各项的 how_to_fix"
    )
