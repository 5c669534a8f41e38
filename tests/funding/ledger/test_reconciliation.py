"""Verification names each document, case, act or event that contradicts the ledger, and nothing beside. 三（二）"""

from collections.abc import AsyncIterator

import pytest

from services.funding.ledger.reconciliation import CHECKS, RECONCILED, reconcile
from tests.funding.ledger.planted import Named, changed
from tests.funding.ledger.tampered_approvals import APPROVED
from tests.funding.ledger.tampered_cases import CASE_CHANGES
from tests.funding.ledger.tampered_changes import ALTERED
from tests.funding.ledger.tampered_claims import CLAIM_CHANGES
from tests.funding.ledger.tampered_documents import DOCUMENTS
from tests.funding.ledger.tampered_payments import PAYMENT_CHANGES
from tests.funding.ledger.tampered_plans import PLAN_CHANGES
from tests.funding.ledger.tampering import (
    APPROVALS,
    AWARDS,
    BUDGETS,
    DAYS,
    LINES,
    POSTED,
    REQUESTS,
    UNKNOWN,
    gone,
    no_event,
    row,
)
from tests.funding.ledger.told_books import ToldBooks, told_books
from tests.postgres import Server

CHANGES = DOCUMENTS | APPROVED | PLAN_CHANGES | CASE_CHANGES | PAYMENT_CHANGES | ALTERED | CLAIM_CHANGES


@pytest.fixture(scope="module")
async def books(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ToldBooks]:
    """Return the books of the whole story: two grants, an interest subsidy, two years. The tests change nothing."""
    async with told_books(server, tmp_path_factory.mktemp("told")) as books:
        yield books


@pytest.mark.parametrize("name", CHANGES)
async def test_each_contradiction_is_named_alone(books: ToldBooks, name: str) -> None:
    changes, expected = CHANGES[name]
    found = {(invariant, subject) for invariant, subject in await books.named(*changes) if invariant in RECONCILED}
    assert found == expected


async def test_the_books_of_the_story_agree(books: ToldBooks) -> None:
    assert await books.named() == set()


def test_every_check_has_its_cases() -> None:
    assert {invariant for _, found in CHANGES.values() for invariant, _ in found} == set(RECONCILED)


async def test_a_contradiction_shows_its_figures(books: ToldBooks) -> None:
    changes = books.written(
        [
            row("appropriation", "amount_yuan = 1", "doc4_2"),
            row("approval", "award_yuan = 1", "loan", "application_id"),
            row("release_request", "amount_yuan = 1", "pay1", "transfer_id"),
        ]
    )
    async with changed(books.admin_dsn, *changes) as session:
        figures = {drift.invariant: drift.figures for drift in await reconcile(session)}
    assert figures[POSTED] == "confirmed 100 fen from 1 of  to 2 of 2024, posted 4000000002 fen"
    assert figures[BUDGETS] == "confirmed 6000000111 fen, account 10000000013 fen"
    assert figures[REQUESTS].startswith("request 1.00 yuan, posted ")
    assert figures[AWARDS].endswith(" fen")
    assert all(invariant in CHECKS for invariant in figures)


MINTED = 99_900_000_000
ATTACKS: dict[str, tuple[list[str], Named]] = {
    "a superuser mints a budget and its counters": (
        [
            "INSERT INTO funding_ledger.transfer (id, batch, kind, debit_account, credit_account, amount, purpose,"
            f" posted_at) VALUES ('{UNKNOWN}', 1, 0, 1, 202402, {MINTED}, 'appropriation:2024:伪', now())",
            *(
                f"UPDATE funding_ledger.account SET {side}_posted = {side}_posted + {MINTED} WHERE id = {number}"
                for side, number in (("debits", 1), ("credits", 202402))
            ),
        ],
        {(POSTED, f"transfer {UNKNOWN}"), (BUDGETS, "budget 2024")},
    ),
    "a superuser raises an approval and its award": (
        [
            row("approval", "award_yuan = award_yuan + 1", "grant", "application_id"),
            row("application", "award_yuan = award_yuan + 1, cap_yuan = cap_yuan + 1", "grant"),
        ],
        {(AWARDS, "application $grant"), (APPROVALS, "application $grant")},
    ),
    "a superuser removes a payment with its request and its event": (
        [gone("funding_ledger.transfer", "pay1"), gone("funding.release_request", "pay1", "transfer_id"),
         no_event("funds_released", "pay1")],
        {(LINES, "line $line1"), (DAYS, "day 2024-03-22")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
async def test_what_a_superuser_changes_without_triggers_is_named(books: ToldBooks, name: str) -> None:
    changes, expected = ATTACKS[name]
    found = await books.named(*changes)
    assert found
    assert {(invariant, subject) for invariant, subject in found if invariant in RECONCILED} == expected
