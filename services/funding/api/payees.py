"""Endpoints for payee accounts (收款账户): entered by the owner, confirmed by the district. 三（二）"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, TIME, ApplicationKey, Shape
from services.funding.applications import new_row_columns
from services.funding.models.applications import Application
from services.funding.models.payees import PayeeAccount
from services.funding.payments.payees import accounts_of, refuse_unfit_entry, refuse_unlike_owner
from services.funding.rules.code_lists import PayeeStatus
from shared.audiences import AccountNo, Handler
from shared.deadlines import working_days_after
from shared.identifiers import AccountNumber, BankCode
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, settings_of, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import Applicant, DistrictDesk, DistrictOfficer, Person
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["收款账户"])
_DUTY_OF_ROLE = {"district_officer": "check_payee", "district_supervisor": "confirm_payee"}
PayeeKey = Annotated[UUID, Path(title="收款账户编号")]


class NewPayee(BaseModel):
    """Account of the entity to which the project is paid."""

    account_name: Line = Field(title="账户名称", description="须与项目单位名称一致")
    bank: Line = Field(title="开户银行", description="写到支行，例如 示例银行北京示例支行")
    bank_code: BankCode | None = Field(None, title="支付系统行号", description="12 位数字，可以不填")
    account_no: AccountNumber = Field(title="银行账号", description="6 至 32 位数字，空格和横线不计")
    reason: Paragraph | None = Field(None, title="变更理由", description="变更收款账户时必填")


class PayeeOut(Shape):
    """Payee account; a confirmed one is in force from `from_on` until a later one is."""

    id: UUID = Field(title="收款账户编号")
    application_id: UUID = Field(title="资金申请编号")
    number: int = Field(title="第几次填报")
    changes: bool = Field(title="是否变更", description="此前已有确认的收款账户")
    account_name: str = Field(title="账户名称")
    bank: str = Field(title="开户银行")
    bank_code: str | None = Field(title="支付系统行号")
    account_no: AccountNo = Field(title="银行账号", description="无须知悉的人员只见末四位")
    reason: str | None = Field(title="变更理由")
    status: PayeeStatus = Field(title="状态")
    entered_by: Handler = Field(title="填报人")
    entered_at: datetime = Field(title="填报时间", description=TIME)
    checked_by: Handler = Field(title="变更核对人")
    checked_at: datetime | None = Field(title="变更核对时间", description=TIME)
    confirmed_by: Handler = Field(title="确认人")
    confirmed_at: datetime | None = Field(title="确认时间", description=TIME)
    from_on: date | None = Field(title="生效日期", description=f"{DATE}；变更须满等待期后生效")
    decision_reason: str | None = Field(title="退回或撤回的理由")


@router.post(
    "/v1/applications/{application_id}/payee-accounts",
    status_code=201,
    name="enter_payee",
    summary="填报收款账户",
    description="项目单位填报本项目的收款账户，账户名称须与单位名称一致，由区级确认后方可拨付。变更须说明理由，经区级两人办理并满等待期后生效，"
    "其间暂不支付。依据：三（二）。",
)
async def enter_payee(
    session: Session, actor: Applicant, application_id: ApplicationKey, body: NewPayee, response: Response
) -> PayeeOut:
    """Enter the account of a project, or another one with a reason. 三（二）"""
    application = await locked(session, Application, application_id)
    refuse_unlike_owner(application, body.account_name)
    accounts = await accounts_of(session, application.id)
    refuse_unfit_entry(accounts, body.account_name, body.bank, body.account_no, body.reason, today(session))
    columns = {**new_row_columns(session, application), "entered_by": actor.subject, "entered_at": now(session)}
    changes = any(account.status == "confirmed" for account in accounts)
    row = PayeeAccount(number=len(accounts) + 1, changes=changes, **columns, **dict(body))
    session.add(row)
    detail = {"payee_account_id": str(row.id), "number": row.number}
    await record_act(session, "enter_payee", case_of(application), reason=body.reason, duty="report", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/payee-accounts/{row.id}"
    return PayeeOut.model_validate(row)


@router.get(
    "/v1/payee-accounts/{payee_account_id}",
    name="read_payee",
    summary="查询收款账户",
    description="工作人员和项目单位查询一个收款账户；响应头 ETag 为其资金申请的版本，用于 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_payee(session: ReadSession, actor: Person, payee_account_id: PayeeKey, response: Response) -> PayeeOut:
    """Return one account, with the entity tag of the application that an act on it changes. 三（二）"""
    row = await found(session, PayeeAccount, payee_account_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return PayeeOut.model_validate(row)


@router.post(
    "/v1/payee-accounts/{payee_account_id}/check",
    name="check_payee",
    summary="核对变更的收款账户",
    description="区级办理人员核对项目单位变更的收款账户（开户证明、来函、电话回访），再由区级负责人确认。依据：三（二）。",
)
async def check_payee(
    session: Session, actor: DistrictOfficer, payee_account_id: PayeeKey, if_match: IfMatch = None
) -> PayeeOut:
    """Check a changed account, which another person then confirms. 三（二）"""
    row, application = await _locked(session, payee_account_id, if_match)
    row.expect_change()
    row.check(actor.subject, now(session))
    await _record(session, "check_payee", application, row, "check_payee")
    return PayeeOut.model_validate(row)


@router.post(
    "/v1/payee-accounts/{payee_account_id}/confirm",
    name="confirm_payee",
    summary="确认收款账户",
    description="区级办理人员或负责人确认首次填报的收款账户，当日生效；变更的账户经另一人核对后由负责人确认，满等待期后生效。依据：三（二）。",
)
async def confirm_payee(
    session: Session, actor: DistrictDesk, payee_account_id: PayeeKey, if_match: IfMatch = None
) -> PayeeOut:
    """Confirm the first account at once, a checked change by a supervisor after its waiting time. 三（二）"""
    row, application = await _locked(session, payee_account_id, if_match)
    row.expect_confirmer(actor.role)
    row.confirm(actor.subject, now(session), _first_day(session, row))
    await _record(session, "confirm_payee", application, row, _DUTY_OF_ROLE[actor.role])
    return PayeeOut.model_validate(row)


def _first_day(session: AsyncSession, row: PayeeAccount) -> date:
    """Return the day from which the account is paid: today, for a change after the working days of waiting."""
    if not row.changes:
        return today(session)
    waited = working_days_after(today(session), settings_of(session).payee_waiting_working_days)
    return working_days_after(waited.on, 1).on


class PayeeReason(BaseModel):
    """Reason for which an account is returned or withdrawn."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/payee-accounts/{payee_account_id}/return",
    name="return_payee",
    summary="退回收款账户",
    description="区级人员退回未确认的收款账户并说明理由，项目单位可以重新填报；此前已确认的账户继续有效。依据：三（二）。",
)
async def return_payee(
    session: Session, actor: DistrictDesk, payee_account_id: PayeeKey, body: PayeeReason, if_match: IfMatch = None
) -> PayeeOut:
    """Return an account to the owner; the one confirmed before stays in force. 三（二）"""
    row, application = await _locked(session, payee_account_id, if_match)
    row.end("returned", body.reason)
    await _record(session, "return_payee", application, row, _DUTY_OF_ROLE[actor.role], body.reason)
    return PayeeOut.model_validate(row)


@router.post(
    "/v1/payee-accounts/{payee_account_id}/withdraw",
    name="withdraw_payee",
    summary="撤回收款账户",
    description="项目单位撤回未确认的收款账户并说明理由；此前已确认的账户继续有效。依据：三（二）。",
)
async def withdraw_payee(
    session: Session, actor: Applicant, payee_account_id: PayeeKey, body: PayeeReason, if_match: IfMatch = None
) -> PayeeOut:
    """Withdraw an account that is not confirmed; the one confirmed before stays in force. 三（二）"""
    row, application = await _locked(session, payee_account_id, if_match)
    row.end("withdrawn", body.reason)
    await _record(session, "withdraw_payee", application, row, "report", body.reason)
    return PayeeOut.model_validate(row)


async def _locked(
    session: AsyncSession, payee_account_id: UUID, if_match: str | None
) -> tuple[PayeeAccount, Application]:
    """Return the account and its application, locked, the application first."""
    row = await found(session, PayeeAccount, payee_account_id)
    application = await locked_as_read(session, Application, row.application_id, if_match)
    return await locked(session, PayeeAccount, payee_account_id), application


async def _record(
    session: AsyncSession, act: str, application: Application, row: PayeeAccount, duty: str, reason: str | None = None
) -> None:
    """Record an act on an account under its id: the account number stands in no act."""
    detail = {"payee_account_id": str(row.id), "number": row.number}
    await record_act(session, act, case_of(application), reason=reason, duty=duty, **detail)
    await session.flush()
