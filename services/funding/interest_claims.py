"""Steps by which an owner claims interest subsidy: lines checked, previewed, drafted and filed. 二（四）2"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns
from services.funding.interest.facts import SettlementLine
from services.funding.interest.results import Calculation
from services.funding.interest_calculations import balance_of, calculated, loans_of
from services.funding.interest_facts import line_fact, stored_line
from services.funding.interest_lines import Lines, lines_of
from services.funding.models.applications import Application
from services.funding.models.interest_claims import EDITABLE, OPEN, InterestClaim, InterestLine
from services.funding.rules.claims import Balance, claim_period
from services.funding.rules.offers import INTEREST
from shared.attachments import papers_of, require
from shared.clock import uuid7
from shared.errors import DomainError, Invalid, WrongStatus
from shared.storage.attachment_tables import Attachment
from shared.storage.session import actor_of, found, locked, now, today
from shared.storage.versions import locked_as_read

CLAIMABLE = ("approved", "planned", "releasing", "released")
"""Statuses of an application in which claims are filed; after the last release only to correct what was claimed."""
SCAN: Final = "bank_statement"
"""Kind of paper that a claim rests on: the bank's settlement (结息单)."""
Sent = Mapping[str, Any]
"""A line as a request states it in JSON: its facts, and `corrects` with a `reason` where it corrects another."""


class ClaimOpen(DomainError):
    """Another claim of the project is still to be decided. 二（四）2"""

    status, code, title = 409, "claim_open", "本项目已有办理中的贴息申请"


def expect_interest_subsidy(application: Application) -> None:
    """Raise WrongStatus unless the application is approved as interest subsidy and not closed. 二（四）"""
    application.expect(*CLAIMABLE)
    if application.mode != INTEREST:
        raise WrongStatus("本项目批复为投资补助，不得再贴息（二（四）），无须提交贴息申请")


async def lock_claim(session: AsyncSession, claim_id: UUID, if_match: str | None) -> tuple[InterestClaim, Application]:
    """Return the claim and its application, locked; the application first, so that two acts cannot deadlock."""
    claim = await found(session, InterestClaim, claim_id)
    application = await locked_as_read(session, Application, claim.application_id, if_match)
    return await locked(session, InterestClaim, claim_id), application


async def draft_claim(
    session: AsyncSession, application: Application, period: str, lines: Sequence[Sent]
) -> InterestClaim:
    """Store a claim that its owner may still change. Raises ClaimOpen, Invalid."""
    await expect_no_open_claim(session, application.id)
    await _facts(session, application, lines)
    last = await session.scalar(select(func.max(InterestClaim.number)).filter_by(application_id=application.id))
    from_on, to_on = claim_period(period)
    claim = InterestClaim(
        number=(last or 0) + 1,
        period_from=from_on,
        period_to=to_on,
        status="draft",
        drafted_by=actor_of(session).subject,
        drafted_at=now(session),
        draft=[dict(line) for line in lines],
        filings=0,
        **new_row_columns(session, application),
    )
    session.add(claim)
    return claim


async def revise_claim(
    session: AsyncSession, application: Application, claim: InterestClaim, period: str, lines: Sequence[Sent]
) -> None:
    """Replace the stated lines of a claim that is not under review; lines filed before stay on record."""
    claim.expect(EDITABLE)
    await _facts(session, application, lines)
    claim.period_from, claim.period_to = claim_period(period)
    claim.draft = [dict(line) for line in lines]


async def file_claim(
    session: AsyncSession, application: Application, claim: InterestClaim, scans: Sequence[UUID]
) -> list[Attachment]:
    """File the stated lines as new versions, and return the scans that it newly rests on. Raises WrongStatus, Invalid.

    A paper that an earlier filing of the claim rests on stays tied to it.
    """
    claim.expect(EDITABLE)
    tied = {paper.id for paper in await scans_of(session, claim)}
    papers = await require(session, [each for each in scans if each not in tied], application, SCAN, act=claim)
    facts = await _facts(session, application, claim.draft)
    claim.move("filed")
    claim.filings += 1
    claim.filed_at = now(session)
    for sent, fact in zip(claim.draft, facts, strict=True):
        session.add(_version(session, application, claim, sent, fact))
    return papers


async def scans_of(session: AsyncSession, claim: InterestClaim) -> list[Attachment]:
    """Return the bank's settlements that a claim rests on."""
    return (await papers_of(session, [claim.id])).get(claim.id, [])


async def expect_no_open_claim(session: AsyncSession, application_id: UUID) -> None:
    """Raise ClaimOpen while a claim of the project is still to be decided."""
    waiting = select(InterestClaim).where(
        InterestClaim.application_id == application_id, InterestClaim.status.in_(OPEN)
    )
    if (claim := await session.scalar(waiting)) is not None:
        raise ClaimOpen(f"第{claim.number}次贴息申请尚未办结，请在该申请中补充，或先撤回该申请", claim_id=str(claim.id))


async def preview(
    session: AsyncSession, application: Application, lines: Sequence[Sent]
) -> tuple[Calculation, Balance | None]:
    """Return the calculation with these lines beside those that count, and what it leaves due; nothing is stored."""
    sent = {line.id: line for line in await _facts(session, application, lines)}
    stored = (await lines_of(session, application.id)).in_state("counted")
    counted = {str(line.line_id): stored_line(line) for line in stored}
    calculation = await calculated(session, application, list((counted | sent).values()))
    return calculation, await balance_of(session, application, calculation)


async def _facts(session: AsyncSession, application: Application, lines: Sequence[Sent]) -> list[SettlementLine]:
    """Return the requested lines with their ids and version numbers. Raises Invalid, naming the field."""
    stored = await lines_of(session, application.id)
    loans = {str(loan.id) for loan in await loans_of(session, application)}
    for place, line in enumerate(lines):
        if line["loan_id"] not in loans:
            field = f"/body/lines/{place}/loan_id"
            raise Invalid("本项目没有登记这笔贷款，请先登记贷款合同或更正贷款编号", field=field)
        if line["to_on"] > today(session).isoformat():
            field = f"/body/lines/{place}/to_on"
            raise Invalid(f"结息期截止日不得晚于今日（{today(session)}），请在结息后提交", field=field)
    corrected = [line["corrects"] for line in lines if line["corrects"]]
    if len(corrected) != len(set(corrected)):
        raise Invalid("一次申请中同一项结息明细只能更正一次，请合并填写", field="/body/lines")
    return [_fact(session, stored, line, place) for place, line in enumerate(lines)]


def _fact(session: AsyncSession, stored: Lines, line: Sent, place: int) -> SettlementLine:
    line_id, number = uuid7(now(session)), 1
    if line["corrects"]:
        line_id = UUID(line["corrects"])
        if line_id not in {each.line_id for each in stored.in_state("counted", "withdrawn")}:
            field = f"/body/lines/{place}/corrects"
            raise Invalid("没有可更正的这项结息明细，请核对编号，或作为新的明细填写", field=field)
        number = max(each.number for each in stored.versions if each.line_id == line_id) + 1
    try:
        return line_fact(str(line_id), number, _own(line))
    except ValueError as fault:
        detail = (
            "结息期、余额和利率的起始日不得晚于截止日；余额、利率各段须在结息期内且互不重叠；"
            "截止日不计息的，各段止于其前一日，结息期至少两天"
        )
        raise Invalid(detail, field=f"/body/lines/{place}") from fault


def _own(line: Sent) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("corrects", "reason")}


def _version(
    session: AsyncSession, application: Application, claim: InterestClaim, sent: Sent, fact: SettlementLine
) -> InterestLine:
    return InterestLine(
        line_id=UUID(fact.id),
        number=fact.version,
        claim_id=claim.id,
        filing=claim.filings,
        loan_id=UUID(fact.loan_id),
        from_on=fact.from_on,
        to_on=fact.to_on,
        facts=_own(sent),
        reason=sent["reason"],
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
        **new_row_columns(session, application),
    )
