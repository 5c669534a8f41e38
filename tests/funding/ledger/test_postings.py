"""Ids, accounts and transfers of each act, and fields that make no transfer. 三（二）"""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.funding.ledger.budget_postings import appropriate, movement
from services.funding.ledger.postings import (
    PROGRAMME,
    Account,
    AccountCode,
    Code,
    Kind,
    Transfer,
    award,
    cancel,
    case_account,
    case_accounts,
    claw_back,
    programme_account,
    programme_accounts,
    receive_return,
    reduce_award,
    release,
    reserve,
    transfer_id,
)

pytestmark = pytest.mark.clause("三（二）")

CASE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
SOURCE, COMMITMENT, BUDGET_2024, FROZEN_2024 = 1, 3, 202402, 202409
AWARD = case_account(CASE, AccountCode.AWARD)
GRANT = case_account(CASE, AccountCode.PAID_GRANT)
INTEREST = case_account(CASE, AccountCode.PAID_INTEREST_SUBSIDY)
RECEIVABLE = case_account(CASE, AccountCode.CLAWBACK_RECEIVABLE)
RETURNED = case_account(CASE, AccountCode.RETURNED)
YUAN = Decimal("12345.67")
FEN = 1234567


def moved(purpose: str, debit: int, credit: int, **other: Any) -> Transfer:
    """Return a direct transfer of the case."""
    facts: dict[str, Any] = {"kind": Kind.DIRECT, "amount_fen": FEN, "case_id": CASE} | other
    return Transfer(id=transfer_id(CASE, purpose), purpose=purpose, debit=debit, credit=credit, **facts)


def resolved(act: str, side: str, kind: Kind, fen: int) -> Transfer:
    purpose, pending = f"{act}:R7:{side}", transfer_id(CASE, f"reservation:R7:{side}")
    identity = transfer_id(CASE, purpose)
    return Transfer(identity, kind, fen, purpose, pending=pending, case_id=CASE, linked=side == "budget")


def test_numbers_that_ledgers_hold_never_change() -> None:
    assert UUID("6f0d7c1e-2023-5012-8000-000000000012") == PROGRAMME
    assert [code.value for code in Code] == list(range(16))
    assert [(code.name, code.value) for code in AccountCode] == [
        ("SOURCE", 1),
        ("BUDGET", 2),
        ("COMMITMENT", 3),
        ("AWARD", 4),
        ("PAID_GRANT", 5),
        ("PAID_INTEREST_SUBSIDY", 6),
        ("CLAWBACK_RECEIVABLE", 7),
        ("RETURNED", 8),
        ("FROZEN", 9),
        ("BANK_RETURN", 10),
    ]
    assert [kind.value for kind in (Kind.DIRECT, Kind.PENDING, Kind.POST, Kind.VOID)] == [0, 1, 2, 3]
    assert [AWARD, GRANT, INTEREST, RECEIVABLE, RETURNED] == [
        6471645958948264791,
        6643485101578714746,
        6284418396788194426,
        6725660108196302016,
        8151415040554722136,
    ]


def test_an_id_depends_on_the_case_and_the_purpose() -> None:
    assert transfer_id(CASE, "award:1") == uuid5(PROGRAMME, f"{CASE}/award:1")
    assert len({transfer_id(case, purpose) for case in (CASE, OTHER) for purpose in ("award:1", "award:2")}) == 4


def test_accounts_of_cases_and_of_the_programme_are_disjoint() -> None:
    cases = {case_account(case, code) for case in (CASE, OTHER) for code in AccountCode}
    assert len(cases) == 2 * len(AccountCode)
    assert all(1 << 62 <= account < 1 << 63 for account in cases)
    assert [programme_account(code) for code in (AccountCode.SOURCE, AccountCode.COMMITMENT)] == [SOURCE, COMMITMENT]
    assert [programme_account(AccountCode.BUDGET, year) for year in (2024, 2025)] == [BUDGET_2024, 202502]


def test_accounts_to_open() -> None:
    assert programme_accounts(2024) == [
        Account(SOURCE, AccountCode.SOURCE),
        Account(COMMITMENT, AccountCode.COMMITMENT),
        Account(BUDGET_2024, AccountCode.BUDGET, fiscal_year=2024),
        Account(FROZEN_2024, AccountCode.FROZEN, fiscal_year=2024),
    ]
    for mode, paid in (("grant", AccountCode.PAID_GRANT), ("interest_subsidy", AccountCode.PAID_INTEREST_SUBSIDY)):
        assert case_accounts(CASE, mode, Decimal("50000000.00")) == [
            Account(AWARD, AccountCode.AWARD, case_id=CASE, limit_fen=5_000_000_000),
            Account(case_account(CASE, paid), paid, case_id=CASE),
            Account(RECEIVABLE, AccountCode.CLAWBACK_RECEIVABLE, case_id=CASE),
            Account(RETURNED, AccountCode.RETURNED, case_id=CASE),
        ]


def test_an_appropriation_credits_the_budget_of_its_year() -> None:
    purpose = "appropriation:2024:京财〔2024〕1号"
    identity = uuid5(PROGRAMME, f"{OTHER}/{purpose}")
    (transfer,) = appropriate(2024, YUAN, "京财〔2024〕1号", OTHER)
    assert transfer == Transfer(identity, Kind.DIRECT, FEN, purpose, SOURCE, BUDGET_2024, document=OTHER)
    assert (transfer.case_id, transfer.pending, transfer.linked) == (None, None, False)


MOVES = {
    ("cut", None): (BUDGET_2024, SOURCE),
    ("transfer", 2026): (BUDGET_2024, 202602),
    ("carry_over", 2025): (BUDGET_2024, 202502),
    ("freeze", None): (BUDGET_2024, FROZEN_2024),
    ("unfreeze", None): (FROZEN_2024, BUDGET_2024),
    ("appropriation", None): (SOURCE, BUDGET_2024),
}


@pytest.mark.parametrize(("kind", "to_year"), MOVES)
def test_each_budget_document_moves_between_two_accounts_and_its_reversal_back(kind: str, to_year: int | None) -> None:
    moved_by = movement(kind, 2024, to_year)
    assert moved_by.accounts == MOVES[kind, to_year]
    assert moved_by.back.accounts == MOVES[kind, to_year][::-1]
    assert moved_by.back.back == moved_by


def test_acts_that_move_money_at_once() -> None:
    assert award(CASE, YUAN) == [moved("award:1", COMMITMENT, AWARD)]
    assert award(CASE, YUAN, "2") == [moved("award:2", COMMITMENT, AWARD)]
    assert reduce_award(CASE, YUAN, "end") == [moved("award_cut:end", AWARD, COMMITMENT)]
    assert claw_back(CASE, "grant", YUAN, "C1") == [moved("clawback:C1", GRANT, RECEIVABLE)]
    assert claw_back(CASE, "interest_subsidy", YUAN, "C1") == [moved("clawback:C1", INTEREST, RECEIVABLE)]
    assert receive_return(CASE, YUAN, "C1") == [moved("return:C1", RECEIVABLE, RETURNED)]


@pytest.mark.parametrize(("mode", "paid"), [("grant", GRANT), ("interest_subsidy", INTEREST)])
def test_a_reservation_holds_budget_and_award_in_one_chain(mode: str, paid: int) -> None:
    assert reserve(CASE, mode, 2024, YUAN, "R7") == [
        moved("reservation:R7:budget", BUDGET_2024, paid, kind=Kind.PENDING, linked=True),
        moved("reservation:R7:award", AWARD, COMMITMENT, kind=Kind.PENDING),
    ]


def test_a_reservation_is_paid_whole_or_in_part_or_cancelled() -> None:
    for transfers, act, kind, fen in (
        (release(CASE, "R7"), "release", Kind.POST, 0),
        (release(CASE, "R7", YUAN), "release", Kind.POST, FEN),
        (cancel(CASE, "R7"), "cancellation", Kind.VOID, 0),
    ):
        assert transfers == [resolved(act, side, kind, fen) for side in ("budget", "award")]


PENDING_ID = transfer_id(CASE, "reservation:R7:budget")
MOVE: dict[str, Any] = {"debit": 1, "credit": 2, "amount_fen": 1}
RESOLVE: dict[str, Any] = {"pending": PENDING_ID, "amount_fen": 0}


@pytest.mark.parametrize(
    ("kind", "fields", "valid"),
    [
        (Kind.DIRECT, MOVE, True),
        (Kind.PENDING, MOVE, True),
        (Kind.DIRECT, MOVE | {"amount_fen": 0}, False),
        (Kind.PENDING, MOVE | {"amount_fen": -1}, False),
        (Kind.DIRECT, MOVE | {"debit": None}, False),
        (Kind.DIRECT, MOVE | {"credit": None}, False),
        (Kind.DIRECT, MOVE | {"credit": 1}, False),
        (Kind.PENDING, MOVE | {"pending": PENDING_ID}, False),
        (Kind.POST, RESOLVE, True),
        (Kind.VOID, RESOLVE, True),
        (Kind.POST, RESOLVE | {"amount_fen": 1}, True),
        (Kind.POST, RESOLVE | {"amount_fen": -1}, False),
        (Kind.POST, RESOLVE | {"pending": None}, False),
        (Kind.VOID, RESOLVE | {"debit": 1}, False),
        (Kind.VOID, RESOLVE | {"credit": 2}, False),
    ],
)
def test_a_transfer_has_two_accounts_and_an_amount_or_a_reservation(
    kind: Kind, fields: dict[str, Any], valid: bool
) -> None:
    facts: dict[str, Any] = {"id": PENDING_ID, "kind": kind, "purpose": "示例", **fields}
    if valid:
        assert Transfer(**facts).linked is False
    else:
        with pytest.raises(ValueError, match="not a transfer"):
            Transfer(**facts)
