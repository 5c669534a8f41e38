"""Refusals of substance: a submission or a report upward that the notice does not allow. Each goes on record."""

from collections.abc import Iterable

from services.intake.rules.matching import Match
from services.intake.rules.submission import Gap
from shared.errors import DomainError


class Incomplete(DomainError):
    """`missing` names every field and material that is still needed. 三（一）"""

    status, code, title = 422, "incomplete", "申报内容或材料不完整"


class ProjectCompleted(DomainError):
    """二（五）: a completed project is not supported; checked at submission and at city receipt (I15)."""

    status, code, title = 409, "project_completed", "已完工项目不再予以支持"


class CreditBarred(DomainError):
    """An entity rated D may not file (四（一）3; a design rule, the notice leaves the consequence open)."""

    status, code, title = 409, "credit_grade_d", "项目单位信用等级为 D，暂不能申报"


class DuplicateFunding(DomainError):
    """`matches` explains which declaration, award or other city money is the same project. 二（五）, I27"""

    status, code, title = 409, "duplicate_funding", "该项目已申报或已获市级财政性资金支持"


class NotForwardable(DomainError):
    """`missing` names what first review, opinion or materials still lack. 三（一）"""

    status, code, title = 409, "not_forwardable", "尚不具备上报条件"


SUBSTANCE = (Incomplete, ProjectCompleted, CreditBarred, DuplicateFunding, NotForwardable)


def incomplete(missing: list[Gap]) -> Incomplete:
    return Incomplete(_summary(missing), missing=[gap.as_dict() for gap in missing])


def not_forwardable(missing: list[Gap]) -> NotForwardable:
    return NotForwardable(_summary(missing), missing=[gap.as_dict() for gap in missing])


def completed(where: str) -> ProjectCompleted:
    return ProjectCompleted("方案二（五）：已完工项目不再予以支持", field=where, clause="二（五）")


def barred(grade_decided_on: str) -> CreditBarred:
    return CreditBarred(f"信用等级于 {grade_decided_on} 评定为 D，修复后可再申报", clause="四（一）3")


def duplicate(matches: Iterable[Match]) -> DuplicateFunding:
    found = list(matches)
    return DuplicateFunding(
        "；".join(match.explanation for match in found),
        clause="二（五）",
        matches=[match.as_dict() for match in found],
    )


def _summary(missing: list[Gap]) -> str:
    return f"还缺 {len(missing)} 项：" + "、".join(gap.label for gap in missing)
