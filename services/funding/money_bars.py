"""Bars that other municipal money lays on support: raised by comparison, settled and lifted by persons. 二（五）"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns, ruleset_of
from services.funding.models.applications import Application
from services.funding.models.money_bars import OPEN, MoneyBar
from services.funding.models.public_money import PublicMoney
from services.funding.rules.money_bars import (
    BASES,
    UNDETERMINED,
    Basis,
    Works,
    basis_of,
    works_of_application,
    works_of_money,
)
from shared.contracts.base import Hand
from shared.contracts.funding import MunicipalMoneyCompared
from shared.errors import DomainError
from shared.events.outbox import emit
from shared.segregation import SEGREGATION
from shared.storage.audit import case_of, hands_of, record_act, store_hands
from shared.storage.session import locked, now, today

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('other municipal money', 17))")
"""Comparisons take turns: of an entry and an application that arrive at once, the later one sees the other."""
ENDED = ("declined", "closed")
"""Statuses in which an application receives no more money."""


class OtherMunicipalMoney(DomainError):
    """The project received municipal money from another source. 二（五）"""

    status, code, title = 409, "other_municipal_money", "项目已获得其他市级财政性资金，不再予以支持"


class MunicipalMoneyUndetermined(DomainError):
    """Refusal while nobody has settled whether other municipal money went to the works of the project. 二（五）"""

    status, code, title = 409, "municipal_money_undetermined", "是否已获得其他市级财政性资金尚待认定"


async def open_bars(session: AsyncSession, *conditions: Any) -> Sequence[MoneyBar]:
    """Return the bars that stand, oldest first."""
    standing = select(MoneyBar).where(MoneyBar.status.in_(OPEN), *conditions)
    return (await session.scalars(standing.order_by(MoneyBar.raised_at, MoneyBar.id))).all()


async def refuse_other_municipal_money(session: AsyncSession, application: Application) -> None:
    """Raise OtherMunicipalMoney or MunicipalMoneyUndetermined for a declaration or a bar that names such money."""
    if application.facts.get("other_municipal_funds"):
        raise OtherMunicipalMoney("申报材料载明已获得其他市级财政性资金（二（五）），请不予批复或终止该项目")
    standing = await open_bars(session, MoneyBar.application_id == application.id)
    for bar in sorted(standing, key=lambda each: each.status == "undetermined"):
        named = f"{BASES[bar.basis]}（二（五），财政资金记录 {bar.money_id}）"
        if bar.status == "undetermined":
            way_out = "请由市级经办人员凭证据认定是否为同一工程"
            raise MunicipalMoneyUndetermined(f"{named}；{way_out}", bar_id=str(bar.id))
        way_out = "确非同一工程的，请由市级经办人员凭证据提请解除，并由另一人决定；登记有误的，请更正或撤销该登记"
        raise OtherMunicipalMoney(f"{named}；{way_out}", bar_id=str(bar.id), public_money_id=str(bar.money_id))


async def compare_money(
    session: AsyncSession, money: PublicMoney, reason: str, by: str, *, renewed: bool = False
) -> None:
    """Compare an entry that was registered, corrected or withdrawn with every application, and raise or drop bars.

    `by` registered, corrected or withdrew it. `renewed`: it names other works than before, so that bars lifted for the
    earlier ones are raised again.
    """
    await take_turn(session)
    await session.flush()
    works = works_of_money(money)
    for application in await _concerned(session, money):
        basis = None if money.withdrawn_at else _basis(session, works, application)
        await _update(session, application, money, basis, reason, by, renewed)


async def take_turn(session: AsyncSession) -> None:
    """Take the turn to compare, which comes before the lock of an application that others may hold."""
    await session.execute(_TURN)


async def compare_application(session: AsyncSession, application: Application, reason: str) -> None:
    """Compare an application that arrived, or moved, with every entry of other municipal money."""
    await take_turn(session)
    await session.flush()
    entries = select(PublicMoney).where(PublicMoney.kind == "other_municipal", PublicMoney.withdrawn_at.is_(None))
    for money in (await session.scalars(entries.order_by(PublicMoney.granted_on, PublicMoney.id))).all():
        basis = _basis(session, works_of_money(money), application)
        if basis is not None:
            await _update(session, application, money, basis, reason, money.recorded_by, False)


async def _concerned(session: AsyncSession, money: PublicMoney) -> list[Application]:
    """Return the applications that the entry bars or may bar, in the order of their ids, locked where it does."""
    barred = {bar.application_id for bar in await open_bars(session, MoneyBar.money_id == money.id)}
    live = select(Application).where(Application.status.not_in(ENDED) | Application.id.in_(barred))
    works, found = works_of_money(money), []
    for application in (await session.scalars(live.order_by(Application.id))).all():
        if application.id in barred or _basis(session, works, application) is not None:
            found.append(await locked(session, Application, application.id))
    return found


def _basis(session: AsyncSession, works: Works, application: Application) -> Basis | None:
    chosen = ruleset_of(session, application).interpretations["other_funds_scope"]
    return basis_of(works, works_of_application(application), chosen)


async def _update(
    session: AsyncSession,
    application: Application,
    money: PublicMoney,
    basis: Basis | None,
    reason: str,
    by: str,
    renewed: bool,
) -> None:
    """Bring the bar of one entry on one application into agreement with the comparison."""
    bars = await _bars_of(session, application, money)
    standing = next((bar for bar in bars if bar.status in OPEN), None)
    if standing is not None and standing.basis == "declaration" and money.withdrawn_at is None:
        return  # named by the entry, or by an officer on evidence that no comparison knows: ends with the entry alone
    if standing is not None and (basis is None or standing.basis != basis):
        await _reconsider(session, application, standing, basis, reason, by)
    elif standing is None and basis is not None and (renewed or not any(bar.status == "lifted" for bar in bars)):
        await raise_bar(session, application, money, basis, reason, by)


async def _bars_of(session: AsyncSession, application: Application, money: PublicMoney) -> Sequence[MoneyBar]:
    pair = select(MoneyBar).where(MoneyBar.application_id == application.id, MoneyBar.money_id == money.id)
    return (await session.scalars(pair.order_by(MoneyBar.id))).all()


async def _reconsider(
    session: AsyncSession, application: Application, bar: MoneyBar, basis: Basis | None, reason: str, by: str
) -> None:
    """Change the ground of a bar, or drop it unless the person who changed the entry handled the project."""
    if basis is not None:
        bar.basis, bar.status = basis, _status(basis)
        await _record(session, application, bar, "change_money_bar", reason)
    elif await _handled(session, application, by):
        await _record(
            session, application, bar, "keep_money_bar", f"更正或撤销登记的人经办本项目，须另行解除：{reason}"
        )
    else:
        await store_hands(session, application.id, [Hand(actor=by, duty="lift_bar")])
        await end_bar(session, application, bar, "fallen", "drop_money_bar", by, reason)


async def _handled(session: AsyncSession, application: Application, by: str) -> bool:
    held = [hand.duty for hand in await hands_of(session, application.id) if hand.actor == by]
    return SEGREGATION.conflict(set(held) - {"register_money"}, "lift_bar", today(session)) is not None


def _status(basis: Basis) -> str:
    return "undetermined" if basis in UNDETERMINED else "barred"


async def raise_bar(
    session: AsyncSession, application: Application, money: PublicMoney, basis: Basis, evidence: str, by: str
) -> MoneyBar:
    """Raise a bar and announce it; who registered the money may not lift it."""
    bar = MoneyBar(
        **new_row_columns(session, application),
        money_id=money.id,
        basis=basis,
        status=_status(basis),
        evidence=evidence,
        raised_by=by,
        raised_at=now(session),
    )
    session.add(bar)
    await store_hands(session, application.id, [Hand(actor=by, duty="register_money")])
    await _record(session, application, bar, "raise_money_bar", evidence)
    return bar


async def end_bar(
    session: AsyncSession, application: Application, bar: MoneyBar, status: str, act: str, by: str, reason: str
) -> None:
    """End a bar as lifted or fallen and announce whether others stand."""
    bar.status, bar.decided_by, bar.decided_at, bar.decision_reason = status, by, now(session), reason
    await _record(session, application, bar, act, reason)


async def _record(session: AsyncSession, application: Application, bar: MoneyBar, act: str, reason: str) -> None:
    """Record a change of a bar that follows from a comparison or a decision, and announce the outcome."""
    await session.flush()
    detail = {"bar_id": str(bar.id), "basis": bar.basis, "status": bar.status}
    await record_act(session, act, case_of(application), reason=reason, **detail)
    await announce(session, application, bar)


async def announce(session: AsyncSession, application: Application, bar: MoneyBar) -> None:
    """Announce whether other municipal money bars the application, and the ground of the bar that changed."""
    standing = {each.status for each in await open_bars(session, MoneyBar.application_id == application.id)}
    await emit(
        session,
        MunicipalMoneyCompared(
            declaration_id=application.id,
            district=application.district,
            applicant_uscc=application.applicant_uscc,
            bar_id=bar.id,
            outcome=_outcome(standing),
            basis=bar.basis,
            reason=BASES[bar.basis],
        ),
    )


def _outcome(standing: set[str]) -> Any:
    if standing - {"undetermined"}:
        return "barred"
    return "undetermined" if standing else "clear"


def barring(bars: Sequence[MoneyBar]) -> Iterator[MoneyBar]:
    """Yield the bars that exclude support; an undetermined one only delays it."""
    return (bar for bar in bars if bar.status in ("barred", "lift_proposed"))
