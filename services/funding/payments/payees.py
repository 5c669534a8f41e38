"""Payee accounts: which one a payment goes to on a day, and what an entered one must satisfy. 三（二）"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.applications import Application
from services.funding.models.payees import OPEN, PayeeAccount
from shared.errors import DomainError, Duplicate, Invalid
from shared.normal_forms import normal_identifier
from shared.storage.session import today


class NoPayee(DomainError):
    """The project has no confirmed payee account. 三（二）"""

    status, code, title = 409, "no_payee", "项目尚无已确认的收款账户"


class PayeeChanging(DomainError):
    """Another account is entered or not in force yet, or the entity has another name; nothing is paid until then."""

    status, code, title = 409, "payee_changing", "收款账户正在变更"


async def accounts_of(session: AsyncSession, application_id: UUID) -> Sequence[PayeeAccount]:
    """Return all accounts of a project, in the order of their numbers."""
    query = select(PayeeAccount).filter_by(application_id=application_id).order_by(PayeeAccount.number)
    return (await session.scalars(query)).all()


async def payee_in_force(session: AsyncSession, application: Application) -> PayeeAccount:
    """Return the account to which money is paid today. Raises NoPayee or PayeeChanging, which name the way out."""
    accounts, on = await accounts_of(session, application.id), today(session)
    if in_force := in_force_on(accounts, on):
        refuse_change_under_way(accounts, on)
        _refuse_former_name(application, in_force)
        return in_force
    waiting = any(account.status in OPEN for account in accounts)
    way_out = "账户已填报，请区级办理人员确认" if waiting else "请项目单位填报收款账户，再由区级办理人员确认"
    raise NoPayee(f"{application.project_name}尚无已确认的收款账户；{way_out}", application_id=str(application.id))


def in_force_on(accounts: Sequence[PayeeAccount], on: date) -> PayeeAccount | None:
    """Return the newest confirmed account that is in force on a day."""
    confirmed = [account for account in accounts if account.from_on is not None and account.from_on <= on]
    return confirmed[-1] if confirmed else None


def refuse_change_under_way(accounts: Sequence[PayeeAccount], on: date) -> None:
    """Raise PayeeChanging while a newer account is not decided, or decided and in its waiting time."""
    newest = accounts[-1]
    if newest.status in OPEN:
        raise PayeeChanging("项目单位已填报新的收款账户，请先由区级办理人员核对、负责人确认，或退回该账户")
    if newest.from_on is not None and newest.from_on > on:
        raise PayeeChanging(f"变更后的收款账户自 {newest.from_on} 起生效，请自该日起办理")


def _refuse_former_name(application: Application, account: PayeeAccount) -> None:
    """Raise PayeeChanging for an account in the name that the entity had before an approved change."""
    if not _named_as_owner(application, account.account_name):
        raise PayeeChanging(
            f"项目单位现为“{application.applicant_name}”，收款账户户名仍为“{account.account_name}”；"
            "请项目单位按现名称填报收款账户（账号可以不变），经区级办理后拨付"
        )


def _named_as_owner(application: Application, account_name: str) -> bool:
    return normal_identifier(account_name) == normal_identifier(application.applicant_name)


def refuse_unlike_owner(application: Application, account_name: str) -> None:
    """Raise Invalid unless the account bears the name of the entity, however it is written."""
    if not _named_as_owner(application, account_name):
        raise Invalid(
            f"账户名称须与项目单位名称“{application.applicant_name}”一致；单位更名的，请先办理项目单位变更",
            field="/body/account_name",
        )


def refuse_unfit_entry(
    accounts: Sequence[PayeeAccount], name: str, bank: str, account_no: str, reason: str | None, on: date
) -> None:
    """Raise Duplicate for an account that is open or in force already, Invalid for a change without a reason."""
    if accounts and accounts[-1].status in OPEN:
        raise Duplicate("已有收款账户待确认，请等待区级办理，或先撤回", payee_account_id=str(accounts[-1].id))
    before = in_force_on(accounts, date.max)
    if before is None:
        return
    same = normal_identifier(before.bank) == normal_identifier(bank) and before.account_no == account_no
    if same and normal_identifier(before.account_name) == normal_identifier(name):
        raise Duplicate("该账户就是已确认的收款账户，无须变更", field="/body/account_no")
    if reason is None:
        raise Invalid("变更收款账户须说明理由", field="/body/reason")
