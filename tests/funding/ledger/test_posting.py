"""Transfers that the ledger accepts and refuses, one test per code. 二（四）, 三（二）"""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from services.funding.ledger import posting as ledger
from services.funding.ledger import postings
from services.funding.ledger.postings import Account, AccountCode, Code
from shared.actors import system_actor
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CAP,
    CASE,
    COMMITMENT,
    OTHER_SOURCE,
    PAID,
    RECEIVABLE,
    RETURNED,
    SOURCE,
    LedgerFixture,
    chain,
    direct,
    open_ledger,
    pending,
    posted,
    voided,
)
from tests.postgres import Server

pytestmark = pytest.mark.clause("三（二）")

OK, EXISTS = Code.OK, Code.EXISTS
FUND = direct("fund", SOURCE, BUDGET, 1_000)
HOLD = pending("hold", BUDGET, PAID, 600)


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[LedgerFixture]:
    async with open_ledger(server, database) as books:
        yield books
        assert await books.drifts() == []


async def test_a_transfer_moves_money_from_the_debited_to_the_credited_account(books: LedgerFixture) -> None:
    assert await books.send(FUND, direct("pay", BUDGET, PAID, 400)) == [OK, OK]
    assert (await books.counters())[BUDGET] == (400, 0, 1_000, 0)
    assert (await books.counters())[PAID] == (0, 0, 400, 0)


async def test_a_transfer_sent_again_exists_and_changes_nothing(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    await books.send(posted("release", "hold", 200))
    before = await books.counters()
    assert await books.send(FUND, HOLD, posted("release", "hold", 200)) == [EXISTS] * 3
    assert await books.counters() == before


@pytest.mark.parametrize(
    "other",
    [
        direct("fund", SOURCE, BUDGET, 1_001),
        direct("fund", COMMITMENT, BUDGET, 1_000),
        direct("fund", SOURCE, PAID, 1_000),
        pending("fund", SOURCE, BUDGET, 1_000),
        replace(FUND, case_id=UUID(int=7)),
        replace(FUND, document=None),
    ],
    ids=["amount", "debit", "credit", "kind", "case", "document"],
)
async def test_an_id_with_other_content_is_a_conflict(books: LedgerFixture, other: postings.Transfer) -> None:
    await books.send(FUND)
    assert await books.send(other) == [Code.ID_CONFLICT]


async def test_a_release_sent_again_with_another_amount_is_a_conflict(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    await books.send(posted("release", "hold", 200))
    assert await books.send(posted("release", "hold")) == [Code.ID_CONFLICT]


async def test_an_account_that_was_never_opened_is_refused(books: LedgerFixture) -> None:
    assert await books.send(direct("a", SOURCE, 404, 1), direct("b", 404, BUDGET, 1)) == [Code.NO_ACCOUNT] * 2


async def test_both_sides_must_belong_to_one_ledger(books: LedgerFixture) -> None:
    assert await books.send(direct("a", OTHER_SOURCE, BUDGET, 1)) == [Code.LEDGER_MISMATCH]


async def test_the_budget_gives_its_last_fen_and_no_more(books: LedgerFixture) -> None:
    assert await books.send(FUND, HOLD, direct("rest", BUDGET, PAID, 400)) == [OK, OK, OK]
    assert await books.send(direct("more", BUDGET, PAID, 1)) == [Code.OVER_BUDGET]
    assert await books.send(pending("hold more", BUDGET, PAID, 1)) == [Code.OVER_BUDGET]


@pytest.mark.clause("二（四）1", "二（四）2")
async def test_the_award_stops_at_the_cap(books: LedgerFixture) -> None:
    assert await books.send(direct("award", COMMITMENT, AWARD, CAP + 1)) == [Code.OVER_CAP]
    assert await books.send(pending("half", COMMITMENT, AWARD, CAP // 2)) == [OK]
    assert await books.send(direct("other half", COMMITMENT, AWARD, CAP // 2)) == [OK]
    assert await books.send(direct("a fen", COMMITMENT, AWARD, 1)) == [Code.OVER_CAP]


async def test_releases_stop_at_the_award_and_clawbacks_at_what_was_paid(books: LedgerFixture) -> None:
    await books.send(FUND, direct("award", COMMITMENT, AWARD, 500), direct("pay", BUDGET, PAID, 300))
    assert await books.send(direct("use", AWARD, COMMITMENT, 501)) == [Code.OVER_AWARD]
    assert await books.send(direct("claw", PAID, RECEIVABLE, 301)) == [Code.OVER_BALANCE]
    assert await books.send(direct("claw", PAID, RECEIVABLE, 300)) == [OK]
    assert await books.send(direct("return", RECEIVABLE, RETURNED, 301)) == [Code.OVER_BALANCE]


async def test_a_reservation_released_in_part_gives_the_rest_back(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    assert await books.send(posted("release", "hold", 601)) == [Code.AMOUNT_EXCEEDS_PENDING]
    assert await books.send(posted("release", "hold", 250)) == [OK]
    assert (await books.counters())[BUDGET] == (250, 0, 1_000, 0)
    assert (await books.counters())[PAID] == (0, 0, 250, 0)


async def test_a_reservation_is_resolved_once_and_a_second_try_is_a_code_not_an_abort(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    assert await books.send(posted("release", "hold"), direct("pay", BUDGET, PAID, 1)) == [OK, OK]
    again = [posted("again", "hold"), voided("cancel", "hold"), direct("pay more", BUDGET, PAID, 1)]
    assert await books.send(*again) == [Code.ALREADY_RESOLVED, Code.ALREADY_RESOLVED, OK]


async def test_two_resolutions_of_one_reservation_in_one_batch_are_one(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    assert await books.send(voided("cancel", "hold"), posted("release", "hold")) == [OK, Code.ALREADY_RESOLVED]
    assert (await books.counters())[BUDGET] == (0, 0, 1_000, 0)


async def test_only_a_pending_transfer_can_be_resolved(books: LedgerFixture) -> None:
    await books.send(FUND)
    unknown = [posted("a", "never"), voided("b", "fund")]
    assert await books.send(*unknown) == [Code.PENDING_NOT_FOUND] * 2


async def test_a_reservation_and_its_release_may_share_a_batch_but_not_change_places(books: LedgerFixture) -> None:
    assert await books.send(FUND, posted("early", "hold"), HOLD, posted("release", "hold")) == [
        OK, Code.PENDING_NOT_FOUND, OK, OK,
    ]  # fmt: skip
    refused = pending("too much", BUDGET, PAID, 9_999)
    assert await books.send(refused, posted("b", "too much")) == [Code.OVER_BUDGET, Code.PENDING_NOT_FOUND]


async def test_an_id_repeated_in_a_batch_gets_the_code_of_its_first_copy(books: LedgerFixture) -> None:
    refused = direct("early", BUDGET, PAID, 10)
    assert await books.send(refused, FUND, refused, FUND, replace(FUND, amount_fen=1)) == [
        Code.OVER_BUDGET, OK, Code.OVER_BUDGET, OK, Code.ID_CONFLICT,
    ]  # fmt: skip
    assert await books.ids() == {FUND.id}
    assert (await books.counters())[BUDGET] == (0, 0, 1_000, 0)


async def test_a_chain_is_posted_whole_or_not_at_all(books: LedgerFixture) -> None:
    await books.send(FUND)
    broken = chain(direct("a", BUDGET, PAID, 900), direct("b", BUDGET, PAID, 101), direct("c", SOURCE, BUDGET, 5))
    whole = chain(direct("d", BUDGET, PAID, 900), pending("e", BUDGET, PAID, 100))
    assert await books.send(*broken, *whole, direct("f", SOURCE, BUDGET, 1)) == [
        Code.LINKED_FAILED, Code.OVER_BUDGET, Code.LINKED_FAILED, OK, OK, OK,
    ]  # fmt: skip
    assert (await books.counters())[BUDGET] == (900, 100, 1_001, 0)
    assert await books.send(*whole) == [EXISTS, EXISTS]


async def test_a_broken_chain_leaves_its_reservation_unresolved(books: LedgerFixture) -> None:
    await books.send(FUND, HOLD)
    broken = chain(posted("release", "hold"), direct("a", BUDGET, PAID, 401))
    assert await books.send(*broken, voided("cancel", "hold")) == [Code.LINKED_FAILED, Code.OVER_BUDGET, OK]


async def test_a_repeat_inside_a_broken_chain_is_refused_with_it(books: LedgerFixture) -> None:
    one = direct("a", SOURCE, BUDGET, 5)
    broken = chain(one, one, direct("b", BUDGET, PAID, 6))
    assert await books.send(*broken) == [Code.LINKED_FAILED, Code.LINKED_FAILED, Code.OVER_BUDGET]
    assert await books.send(*broken, one)
    assert await books.ids() == set()


async def test_an_empty_batch_is_answered_by_an_empty_list(books: LedgerFixture) -> None:
    assert await books.send() == []


async def test_opening_again_is_harmless_and_other_terms_are_refused(books: LedgerFixture) -> None:
    again = [Account(AWARD, AccountCode.AWARD, case_id=CASE, limit_fen=CAP)]
    assert await books.open(again) == [EXISTS]
    with pytest.raises(ledger.IdConflict):
        await books.open([replace(again[0], limit_fen=CAP + 1)])
    with pytest.raises(ledger.IdConflict):
        await books.open([replace(again[0], case_id=UUID(int=7))])


async def test_a_refused_post_leaves_the_callers_transaction_to_roll_back(books: LedgerFixture) -> None:
    with pytest.raises(ledger.OverBudget):
        async with books.database.session(system_actor("test")) as session:
            await ledger.post(session, [FUND, direct("pay", BUDGET, PAID, 1_001)])
    assert await books.ids() == set()


async def test_an_unopened_account_has_no_balance(books: LedgerFixture) -> None:
    async with books.database.session(system_actor("test")) as session:
        with pytest.raises(ledger.NoAccount):
            await ledger.balance(session, 404)


@pytest.mark.parametrize(
    "facts",
    [
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"credit": SOURCE},
        {"debit": None},
        {"pending": CASE},
        {"kind": postings.Kind.POST},
    ],
)
def test_a_transfer_that_could_never_be_valid_is_not_built(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a transfer"):
        replace(FUND, **facts)  # type: ignore[arg-type]


def test_the_same_purpose_of_the_same_case_is_the_same_transfer() -> None:
    assert postings.transfer_id(CASE, "release:1") == postings.transfer_id(CASE, "release:1")
    assert postings.transfer_id(CASE, "release:1") != postings.transfer_id(CASE, "release:2")
    assert postings.case_account(CASE, AccountCode.AWARD) != postings.case_account(CASE, AccountCode.PAID_GRANT)
    assert postings.CASE_ACCOUNTS <= postings.case_account(CASE, AccountCode.AWARD) < 1 << 63
