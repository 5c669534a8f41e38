"""Verification names each case, paid request and announced release that contradicts the ledger, and nothing beside."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.funding.ledger import postings
from services.funding.ledger.posting import open_accounts, post
from services.funding.ledger.postings import AccountCode, case_account, case_accounts
from services.funding.ledger.verify_cases import CHECKS, verify_cases
from services.funding.models.applications import Application
from services.funding.models.releases import ReleaseRequest
from shared.actors import system_actor
from tests.funding.ledger.ledger_fixture import DOCUMENT, MOMENT, LedgerFixture, open_ledger
from tests.funding.ledger.planted import CITY_WIDE, changed, named
from tests.postgres import Server

ANNOUNCED, REQUESTED, CASES = CHECKS
GRANT, INTEREST, WAITING, UNPAID = (UUID(int=n) for n in (101, 102, 103, 104))
PAID_GRANT = postings.transfer_id(GRANT, "release:1:budget")
PAID_INTEREST = postings.transfer_id(INTEREST, "release:1:budget")
UNKNOWN = UUID(int=999)
_EVENT = text("""
INSERT INTO event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, actor, role, occurred_at,
                       payload)
VALUES (gen_random_uuid(), 'application', :case, :seq, :type, :district, 'test', 'system', :at,
        convert_to(:payload, 'UTF8'))
""")


def application(identity: UUID, district: str, **figures: Any) -> Application:
    return Application(
        id=identity, district=district, applicant_uscc="91110000600037341L", applicant_name="示例置业有限公司",
        declaration_no=str(identity), project_name="示例项目", project={}, facts={}, components=[],
        score=Decimal(80), rank=1, entered_on=date(2024, 2, 20), ruleset="r", as_of=date(2024, 1, 15),
        received_at=MOMENT, **figures,
    )  # fmt: skip


def request(of: UUID, district: str, status: str, transfer: UUID | None, amount: str) -> ReleaseRequest:
    return ReleaseRequest(
        id=UUID(int=of.int * 10 + len(status)), application_id=of, district=district,
        applicant_uscc="91110000600037341L", instalment=1, condition="一次拨付", amount_yuan=Decimal(amount),
        clause="三（二）", evidence="计划", status=status, requested_by="finance-1", requested_at=MOMENT,
        transfer_id=transfer,
    )  # fmt: skip


def released(case: UUID, mode: str, award: str, paid: str, rest: str) -> list[postings.Transfer]:
    """Return the transfers of an award of which a first instalment is paid and the rest reserved again."""
    return [
        *postings.award(case, Decimal(award)),
        *postings.reserve(case, mode, 2024, Decimal(award), "1"),
        *postings.release(case, "1", Decimal(paid)),
        *postings.reserve(case, mode, 2024, Decimal(rest), "2"),
    ]


RETURNED = [
    # 5 yuan were returned voluntarily; of 15 demanded ones 4 came in.
    *postings.claw_back(GRANT, "grant", Decimal("5.00"), "own:1"),
    *postings.receive_return(GRANT, Decimal("5.00"), "own:1"),
    *postings.claw_back(GRANT, "grant", Decimal("15.00"), "1"),
    *postings.receive_return(GRANT, Decimal("4.00"), "2"),
]
ROWS = [
    application(
        GRANT, "110105", status="releasing", approved_on=date(2024, 3, 1), reserved_yuan=Decimal("30.00"),
        released_yuan=Decimal("70.00"), returned_yuan=Decimal("5.00"), demanded_yuan=Decimal("15.00"),
        recovered_yuan=Decimal("4.00"),
    ),
    application(
        INTEREST, "110106", status="releasing", approved_on=date(2024, 3, 2), reserved_yuan=Decimal("13.00"),
        released_yuan=Decimal("20.00"),
    ),
    application(WAITING, "110105", status="received"),
    request(GRANT, "110105", "paid", PAID_GRANT, "70.00"),
    request(GRANT, "110105", "rejected", None, "71.00"),
    request(GRANT, "110105", "requested", None, "30.00"),
    request(INTEREST, "110106", "paid", PAID_INTEREST, "20.00"),
]  # fmt: skip
EVENTS = [
    (GRANT, "110105", "funding.funds_released.v1", PAID_GRANT, "70.00"),
    (GRANT, "110105", "funding.funds_returned.v1", postings.transfer_id(GRANT, "return:own:1"), "5.00"),
    (INTEREST, "110106", "funding.funds_released.v1", PAID_INTEREST, "20.00"),
]


@pytest.fixture(scope="module")
async def books(server: Server) -> AsyncIterator[LedgerFixture]:
    """Return a ledger that agrees with three cases, two of them paid, in two districts; the tests change nothing."""
    async with server.database() as lent, open_ledger(server, lent.name) as books:
        await books.approve(GRANT, "100.00")
        await books.approve(INTEREST, "33.00")
        async with books.database.session(system_actor("test")) as session:
            await session.execute(text("SET LOCAL search_path = funding"))
            session.add_all(ROWS)
            for seq, (case, district, kind, transfer, amount) in enumerate(EVENTS):
                payload = f'{{"transfer_id": "{transfer}", "amount_yuan": "{amount}"}}'
                values = {"case": case, "seq": seq, "type": kind, "district": district, "at": MOMENT}
                await session.execute(_EVENT, {**values, "payload": payload})
            await session.flush()
            for case, mode in ((GRANT, "grant"), (INTEREST, "interest_subsidy")):
                await open_accounts(session, case_accounts(case, mode, Decimal("200.00")))
            fund = postings.appropriate(2024, Decimal("1000.00"), "1", DOCUMENT)
            grant = released(GRANT, "grant", "100.00", "70.00", "30.00")
            interest = released(INTEREST, "interest_subsidy", "33.00", "20.00", "13.00")
            await post(session, [*fund, *grant, *interest, *RETURNED])
        yield books


async def test_cases_that_agree_with_the_ledger_show_no_drift(books: LedgerFixture) -> None:
    assert await named(books, actor=CITY_WIDE) == set()
    assert await named(books) == set()


def case(change: str, of: UUID = GRANT) -> str:
    return f"UPDATE funding.application SET {change} WHERE id = '{of}'"


def event(change: str, where: str = "type = 'funding.funds_released.v1'") -> str:
    return f"UPDATE funding.event_log SET {change} WHERE aggregate_id = '{GRANT}' AND {where}"


def counters(column: str, change: str, code: AccountCode, of: UUID = GRANT) -> str:
    table = "funding_ledger.account"
    return f"UPDATE {table} SET {column} = {column} {change} WHERE id = {case_account(of, code)}"


def payload(transfer: UUID, amount: str) -> str:
    return f"""payload = convert_to('{{"transfer_id": "{transfer}", "amount_yuan": "{amount}"}}', 'UTF8')"""


AGAIN = (
    "INSERT INTO funding.event_log (event_id, aggregate_type, aggregate_id, agg_seq, type, district, actor, role,"
    " occurred_at, payload) SELECT gen_random_uuid(), aggregate_type, aggregate_id, 77, type, district, actor, role,"
    f" occurred_at, payload FROM funding.event_log WHERE aggregate_id = '{GRANT}' AND agg_seq = 0"
)
PAID_REQUEST = f"transfer_id = '{PAID_GRANT}'"
T_GRANT, T_UNKNOWN = f"transfer {PAID_GRANT}", f"transfer {UNKNOWN}"
A_GRANT = f"application {GRANT}"
POSTING = f"id = '{PAID_GRANT}'"
DRIFTS: dict[str, tuple[list[str], set[tuple[str, str]]]] = {
    "a release that was not announced": ([event("type = 'funding.funds_held.v1'")], {(ANNOUNCED, T_GRANT)}),
    "a release announced twice": ([AGAIN], {(ANNOUNCED, T_GRANT)}),
    "a release announced one fen too high": ([event(payload(PAID_GRANT, "70.01"))], {(ANNOUNCED, T_GRANT)}),
    "a release announced one fen too low": ([event(payload(PAID_GRANT, "69.99"))], {(ANNOUNCED, T_GRANT)}),
    "a release announced under another transfer": (
        [event(payload(UNKNOWN, "70.00"))],
        {(ANNOUNCED, T_GRANT), (ANNOUNCED, T_UNKNOWN)},
    ),
    "a release paid without a request": (
        [f"DELETE FROM funding.release_request WHERE {PAID_REQUEST}"],
        {(REQUESTED, T_GRANT)},
    ),
    "a paid request of an unknown transfer": (
        [f"UPDATE funding.release_request SET transfer_id = '{UNKNOWN}' WHERE {PAID_REQUEST}"],
        {(REQUESTED, T_GRANT), (REQUESTED, T_UNKNOWN)},
    ),
    "a request one fen above its transfer": (
        [f"UPDATE funding.release_request SET amount_yuan = 70.01 WHERE {PAID_REQUEST}"],
        {(REQUESTED, T_GRANT)},
    ),
    "a request one fen below its transfer": (
        [f"UPDATE funding.release_request SET amount_yuan = 69.99 WHERE {PAID_REQUEST}"],
        {(REQUESTED, T_GRANT)},
    ),
    "a paid request of another case": (
        [f"UPDATE funding.release_request SET application_id = '{INTEREST}' WHERE {PAID_REQUEST}"],
        {(REQUESTED, T_GRANT)},
    ),
    "a posting that was deleted": (
        [f"DELETE FROM funding_ledger.transfer WHERE {POSTING}"],
        {(ANNOUNCED, T_GRANT), (REQUESTED, T_GRANT)},
    ),
    "a posting of another case": (
        [f"UPDATE funding_ledger.transfer SET case_id = '{INTEREST}' WHERE {POSTING}"],
        {(REQUESTED, T_GRANT)},
    ),
    "a reservation of the case": ([case("reserved_yuan = 30.01")], {(CASES, A_GRANT)}),
    "a release of the case": ([case("released_yuan = 70.01")], {(CASES, A_GRANT)}),
    "a return of the case": ([case("returned_yuan = 5.01")], {(CASES, A_GRANT)}),
    "a demand of the case": ([case("demanded_yuan = 15.01")], {(CASES, A_GRANT)}),
    "a recovery of the case": ([case("recovered_yuan = 4.01")], {(CASES, A_GRANT)}),
    # Released and demanded alike: only the money still due differs.
    "money due of the case": ([case("released_yuan = 71, demanded_yuan = 16")], {(CASES, A_GRANT)}),
    # Returned instead of demanded and recovered: net and due agree, only the money that came back differs.
    "money back of the case": (
        [case("released_yuan = 71, returned_yuan = 6")],
        {(CASES, A_GRANT)},
    ),
    "a reservation in the ledger": (
        [counters("credits_pending", "+ 1", AccountCode.PAID_GRANT)],
        {(CASES, A_GRANT)},
    ),
    "a payment in the ledger": ([counters("credits_posted", "+ 1", AccountCode.PAID_GRANT)], {(CASES, A_GRANT)}),
    "a claw-back in the ledger": ([counters("debits_posted", "+ 1", AccountCode.PAID_GRANT)], {(CASES, A_GRANT)}),
    "a demand in the ledger": (
        [counters("credits_posted", "+ 1", AccountCode.CLAWBACK_RECEIVABLE)],
        {(CASES, A_GRANT)},
    ),
    "a receipt in the ledger": (
        [counters("debits_posted", "+ 1", AccountCode.CLAWBACK_RECEIVABLE)],
        {(CASES, A_GRANT)},
    ),
    "returned money in the ledger": ([counters("credits_posted", "+ 1", AccountCode.RETURNED)], {(CASES, A_GRANT)}),
    "an interest subsidy in the ledger": (
        [counters("credits_posted", "+ 1", AccountCode.PAID_INTEREST_SUBSIDY, INTEREST)],
        {(CASES, f"application {INTEREST}")},
    ),
    "a reserved interest subsidy in the ledger": (
        [counters("credits_pending", "+ 1", AccountCode.PAID_INTEREST_SUBSIDY, INTEREST)],
        {(CASES, f"application {INTEREST}")},
    ),
    "the award is no part of the comparison": ([counters("credits_pending", "+ 1", AccountCode.AWARD)], set()),
    "an approved case without accounts": (
        [case("status = 'approved', approved_on = '2024-03-03'", WAITING)],
        {(CASES, f"application {WAITING}")},
    ),
    "a case that is not approved": ([case("reserved_yuan = 9", WAITING)], set()),
}


@pytest.mark.parametrize("name", DRIFTS)
async def test_each_contradiction_is_named_alone(books: LedgerFixture, name: str) -> None:
    changes, expected = DRIFTS[name]
    assert await named(books, *changes, actor=CITY_WIDE) == expected


def test_every_check_has_its_cases() -> None:
    assert {invariant for _, found in DRIFTS.values() for invariant, _ in found} == set(CHECKS)


async def test_a_contradiction_shows_its_figures(books: LedgerFixture) -> None:
    async with changed(
        books,
        AGAIN,
        event(payload(PAID_GRANT, "70.01")),
        f"UPDATE funding.release_request SET amount_yuan = 70.02 WHERE {PAID_REQUEST}",
        case("released_yuan = 70.03"),
    ) as session:
        drifts = {drift.invariant: drift.figures for drift in await verify_cases(session, CITY_WIDE)}
    assert drifts == {
        ANNOUNCED: "announced 7001 fen 2 times, posted 7000 fen",
        REQUESTED: "request 70.02 yuan, posted 7000 fen",
        CASES: "case 30.00/50.03/11.00/9.00 yuan, ledger 3000/5000/1100/900 fen",
    }


@pytest.mark.parametrize(("district", "seen"), [("110105", True), ("110106", False)])
async def test_a_case_is_compared_for_the_districts_of_the_caller(
    books: LedgerFixture, district: str, seen: bool
) -> None:
    found = await named(books, case("reserved_yuan = 30.01"), actor=replace(CITY_WIDE, districts=(district,)))
    assert ((CASES, A_GRANT) in found) is seen
