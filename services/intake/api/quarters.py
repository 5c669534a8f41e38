"""HTTP of quarterly submissions: open, check, prepare, certify, reopen, snapshot (四（一）2)."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.quarters import QuarterSnapshot, QuarterSubmission
from services.intake.registers.quarters import open_quarters, registers_as_of, snapshot_with_rows, submission_of
from services.intake.rules.quarters import Finding, SubmissionStatus, findings, sha256_of
from services.intake.schemas.quarters import (
    CheckedSubmission,
    QuarterFinding,
    QuarterOpening,
    QuarterSubmissionOut,
    ReopeningReason,
    SnapshotOut,
)
from services.intake.schemas.registers import DistrictPath
from shared.clock import uuid7
from shared.contracts.intake import DistrictQuarterSubmitted
from shared.contracts.library import DistrictCode, Quarter
from shared.deadlines import quarter_of, working_days_after
from shared.errors import DomainError, Forbidden, Invalid, NotFound, WrongStatus
from shared.events.outbox import emit
from shared.storage.audit import Case, record_act
from shared.storage.session import now, settings_of, today
from shared.storage.versions import expect_tag
from shared.web.auth import CitySupervisor, DistrictOfficer, DistrictSupervisor, OfficialOrSystem
from shared.web.filters import dates, flag, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["季度报送"])
QuarterPath = Annotated[Quarter, Path(title="季度", examples=["2026Q3"])]
Number = Annotated[int | None, Query(ge=1, le=10_000, description="第几次报送；默认最近一次")]


class FindingsBlock(DomainError):
    """Refusal of a quarter with findings that are errors."""

    status, code, title = 409, "findings_block", "存在须改正的问题，不能审定报送"


@router.post(
    "/v1/quarters",
    name="open_quarter",
    summary="开启季度报送",
    description=(
        "开启本区一个季度的报送；首次报送该季度数据时也会自动开启，重复开启不产生变动。"
        "由区发展改革委经办人员办理，季度须已开始且未审定。依据方案四（一）2。"
    ),
    status_code=201,
    response_model=QuarterSubmissionOut,
)
async def open_quarter(
    session: Session, actor: DistrictOfficer, opening: QuarterOpening, response: Response
) -> QuarterSubmissionOut:
    """Open a quarter for reporting. A first push opens it too; opening an open quarter changes nothing. 四（一）2"""
    if opening.district not in actor.districts:
        detail = f"只能开启本区的季度报送，本区代码：{'、'.join(actor.districts)}"
        raise Forbidden(detail, field="/body/district")
    if opening.quarter > (current := quarter_of(today(session))):
        raise Invalid(f"{opening.quarter} 尚未开始，最晚填 {current}", field="/body/quarter")
    if not await open_quarters(session, [(opening.district, opening.quarter)]):
        raise WrongStatus("本季度已审定报送；如需更正，请由市发展改革委负责人重新开启")
    response.headers["location"] = f"/v1/quarters/{opening.district}/{opening.quarter}"
    return _out(session, await submission_of(session, opening.district, opening.quarter))


def _out(session: AsyncSession, submission: QuarterSubmission) -> QuarterSubmissionOut:
    overdue = submission.status != "certified" and today(session) > submission.due_on
    return QuarterSubmissionOut.model_validate(submission).model_copy(update={"overdue": overdue})


SUBMISSIONS = Listing(
    one_of("quarter", QuarterSubmission.quarter, Quarter, "季度"),
    one_of("district", QuarterSubmission.district, DistrictCode, "所在区"),
    one_of("status", QuarterSubmission.status, SubmissionStatus, "报送状态"),
    flag("late", QuarterSubmission.late, "是否迟报"),
    dates("due_on", QuarterSubmission.due_on, "报送期限"),
    sorts={
        "quarter": QuarterSubmission.quarter,
        "district": QuarterSubmission.district,
        "due_on": QuarterSubmission.due_on,
        "certified_at": QuarterSubmission.certified_at,
    },
    key=QuarterSubmission.id,
    default="-quarter",
)


@router.get(
    "/v1/quarters",
    name="list_quarters",
    summary="查询季度报送",
    description="分页列出可见的季度报送。各级工作人员和区系统可查，区级只见本区。依据方案四（一）2。",
)
async def list_quarters(
    session: ReadSession, actor: OfficialOrSystem, asked: Annotated[PageRequest, Depends(SUBMISSIONS)]
) -> Page[QuarterSubmissionOut]:
    """Return the submissions that the caller may see, newest quarter first. 四（一）2"""
    return await asked.page(session, select(QuarterSubmission), partial(_out, session))


@router.get(
    "/v1/quarters/{district}/{quarter}",
    name="read_quarter",
    summary="查看季度报送",
    description=(
        "返回某区某季度最近一次报送的状态，以及对现有数据的检查结果。各级工作人员和区系统可查，区级只见本区。"
        "依据方案四（一）2。"
    ),
    response_model=CheckedSubmission,
    responses=VERSIONED,
)
async def read_quarter(
    session: ReadSession, actor: OfficialOrSystem, response: Response, district: DistrictPath, quarter: QuarterPath
) -> CheckedSubmission:
    """Return the newest submission of a quarter, with the findings on its current rows. 四（一）2"""
    submission = await submission_of(session, district, quarter)
    books, snapshot = await registers_as_of(session, district, quarter)
    found = findings(books, today(session))
    response.headers["etag"] = _tag(submission, snapshot)
    return CheckedSubmission(
        **_out(session, submission).model_dump(),
        findings=[QuarterFinding.model_validate(each) for each in found],
        can_certify=submission.status == "prepared" and not _errors(found),
    )


def _tag(submission: QuarterSubmission, snapshot: dict[str, Any]) -> str:
    """Return the entity tag of a quarter: the submission, its version, and the rows that it holds."""
    return f'"{submission.submission_no}.{submission.version}.{sha256_of(snapshot)}"'


def _errors(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity == "error"]


@router.post(
    "/v1/quarters/{district}/{quarter}/prepare",
    name="prepare_quarter",
    summary="提请审定季度数据",
    description=(
        "区发展改革委经办人员核对数据后提请负责人审定。季度须已结束，数据不得有须改正的问题。依据方案四（一）2。"
    ),
    response_model=QuarterSubmissionOut,
)
async def prepare_quarter(
    session: Session, actor: DistrictOfficer, district: DistrictPath, quarter: QuarterPath, if_match: IfMatch = None
) -> QuarterSubmissionOut:
    """Prepare the quarter: an officer confirms the rows for certification by a supervisor. 四（一）2"""
    submission = await submission_of(session, district, quarter, lock=True)
    snapshot = await _checked(session, submission, if_match)
    submission.prepare(actor.subject, now(session), sha256_of(snapshot))
    await record_act(session, "prepare_quarter", Case(submission.id, district), duty="prepare_quarter", quarter=quarter)
    await session.flush()
    return _out(session, submission)


async def _checked(session: AsyncSession, submission: QuarterSubmission, if_match: str | None) -> dict[str, Any]:
    """Return the snapshot of the current rows, which are those that were read.

    Raises PreconditionRequired, Stale, or FindingsBlock if a finding is an error.
    """
    books, snapshot = await registers_as_of(session, submission.district, submission.quarter)
    expect_tag(session, partial(_tag, submission, snapshot), if_match)
    blocking = _errors(findings(books, today(session)))
    if blocking:
        listed = [QuarterFinding.model_validate(each).model_dump() for each in blocking]
        raise FindingsBlock("；".join(each.message for each in blocking), findings=listed)
    return snapshot


@router.post(
    "/v1/quarters/{district}/{quarter}/certify",
    name="certify_quarter",
    summary="审定并报送季度数据",
    description=(
        "区发展改革委负责人审定经办人员提请的数据，报送市发展改革委并锁定该季度。审定人不得为提请人，"
        "数据须与提请时一致。依据方案四（一）2。"
    ),
    response_model=QuarterSubmissionOut,
)
async def certify_quarter(
    session: Session, actor: DistrictSupervisor, district: DistrictPath, quarter: QuarterPath, if_match: IfMatch = None
) -> QuarterSubmissionOut:
    """Certify the prepared quarter, report it to the city and close it. 四（一）2"""
    submission = await submission_of(session, district, quarter, lock=True)
    snapshot = await _checked(session, submission, if_match)
    submission.certify(actor.subject, now(session), today(session), sha256_of(snapshot))
    submission.resource_count, submission.library_count = len(snapshot["resources"]), len(snapshot["library_entries"])
    session.add(QuarterSnapshot(submission_id=submission.id, district=district, content=snapshot))
    await record_act(session, "certify_quarter", Case(submission.id, district), duty="certify_quarter", quarter=quarter)
    await emit(session, _submitted(submission))
    return _out(session, submission)


def _submitted(submission: QuarterSubmission) -> DistrictQuarterSubmitted:
    said = {name: getattr(submission, name) for name in DistrictQuarterSubmitted.model_fields if name in _KEPT}
    return DistrictQuarterSubmitted(submission_id=submission.id, **said)


_KEPT = set(DistrictQuarterSubmitted.model_fields) - {"submission_id", "applicant_uscc"}


@router.post(
    "/v1/quarters/{district}/{quarter}/reopen",
    name="reopen_quarter",
    summary="重新开启季度报送",
    description=("市发展改革委负责人写明理由后，允许区更正已审定的季度；原快照保留，另起一次报送。依据方案四（一）3。"),
    status_code=201,
    response_model=QuarterSubmissionOut,
)
async def reopen_quarter(
    session: Session,
    actor: CitySupervisor,
    district: DistrictPath,
    quarter: QuarterPath,
    body: ReopeningReason,
    response: Response,
    if_match: IfMatch = None,
) -> QuarterSubmissionOut:
    """Reopen a certified quarter for correction: a new submission begins, the snapshot is kept. 四（一）3"""
    certified = await submission_of(session, district, quarter, lock=True)
    _, snapshot = await registers_as_of(session, district, quarter)
    expect_tag(session, partial(_tag, certified, snapshot), if_match)
    if certified.status != "certified":
        raise WrongStatus("本季度尚未审定报送，无需重新开启；区发展改革委可直接更正数据")
    again = _reopened(session, certified, body.reason, actor.subject)
    await record_act(session, "reopen_quarter", Case(again.id, district), reason=body.reason, quarter=quarter)
    await session.flush()
    response.headers["location"] = f"/v1/quarters/{district}/{quarter}"
    response.headers["etag"] = _tag(again, snapshot)
    return _out(session, again)


def _reopened(session: AsyncSession, certified: QuarterSubmission, reason: str, by: str) -> QuarterSubmission:
    again = QuarterSubmission(
        id=uuid7(now(session)),
        district=certified.district,
        quarter=certified.quarter,
        submission_no=certified.submission_no + 1,
        status="open",
        due_on=working_days_after(today(session), settings_of(session).quarter_due_working_days).on,
        opened_at=now(session),
        opened_by=by,
        reopen_reason=reason,
    )
    session.add(again)
    return again


@router.get(
    "/v1/quarters/{district}/{quarter}/snapshot",
    name="read_quarter_snapshot",
    summary="查看季度快照",
    description=(
        "返回一次已审定报送所含的全部记录及其版本；不指定次数时为最近一次。各级工作人员和区系统可查，"
        "区级只见本区。依据方案四（一）2。"
    ),
    response_model=SnapshotOut,
    response_model_exclude_none=True,
)
async def read_quarter_snapshot(
    session: ReadSession,
    actor: OfficialOrSystem,
    district: DistrictPath,
    quarter: QuarterPath,
    submission_no: Number = None,
    rows: Annotated[bool, Query(description="附上每条记录的全部内容")] = False,
) -> dict[str, Any]:
    """Return the rows of a certified submission, the newest one unless a number is given. 四（一）2"""
    submission = await submission_of(session, district, quarter, number=submission_no, certified=True)
    snapshot = await session.get(QuarterSnapshot, submission.id)
    if snapshot is None:
        raise NotFound("没有这次报送的快照；请核对区、季度和报送次数")
    content = await snapshot_with_rows(session, snapshot.content) if rows else snapshot.content
    return {
        "submission_id": submission.id,
        "submission_no": submission.submission_no,
        "snapshot_sha256": submission.snapshot_sha256,
        **content,
    }
