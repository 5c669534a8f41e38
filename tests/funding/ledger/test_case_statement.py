"""The statement of a case: acts in words, sides, and the balances after each posting, of a whole course. 三（二）"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.funding.ledger.case_statement import Posting, statement_entries
from services.funding.ledger.postings import (
    Kind,
    Transfer,
    award,
    cancel,
    claw_back,
    receive_return,
    reduce_award,
    release,
    reserve,
)

pytestmark = pytest.mark.clause("三（二）")

CASE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
BEGAN = datetime(2024, 5, 31, 15, 59, tzinfo=UTC)


def posted(mode: str) -> list[Posting]:
    """Return the postings of an award of 100 that is paid in parts of 30.01 and 20, asked back in part, and cut."""
    acts = [
        *award(CASE, Decimal(100)),
        *reserve(CASE, mode, 2024, Decimal(100), "A"),
        *release(CASE, "A", Decimal("30.01")),
        *reserve(CASE, mode, 2025, Decimal("69.99"), "B"),
        *cancel(CASE, "B"),
        *reserve(CASE, mode, 2025, Decimal(20), "C"),
        *release(CASE, "C"),
        *claw_back(CASE, mode, Decimal("5.05"), "K"),
        *receive_return(CASE, Decimal("2.02"), "K"),
        *reduce_award(CASE, Decimal("49.99"), "end"),
    ]
    known: dict[UUID, Transfer] = {}
    postings = []
    for number, act in enumerate(acts):
        known[act.id] = act
        held = known[act.pending] if act.pending else act
        assert held.debit is not None
        assert held.credit is not None
        # As the ledger stores it: a whole release and a cancellation have the amount of the reservation.
        fen = act.amount_fen or held.amount_fen
        moment = BEGAN + timedelta(seconds=60 * number)
        postings.append(
            Posting(
                number + 1, act.id, act.kind, act.purpose, held.debit, held.credit, Decimal(fen) / 100, act.pending,
                moment,
            )
        )  # fmt: skip
    return postings


FUNDS, QUOTA = "资金", "额度"
# act, side, amount; then the award left, reserved, net paid, due back and returned after it.
COURSE = [
    ("批复", QUOTA, "100", "100", "0", "0", "0", "0"),
    ("安排资金", FUNDS, "100", "100", "100", "0", "0", "0"),
    ("安排资金", QUOTA, "100", "100", "100", "0", "0", "0"),
    ("拨付", FUNDS, "30.01", "100", "0", "30.01", "0", "0"),
    ("拨付", QUOTA, "30.01", "69.99", "0", "30.01", "0", "0"),
    ("安排资金", FUNDS, "69.99", "69.99", "69.99", "30.01", "0", "0"),
    ("安排资金", QUOTA, "69.99", "69.99", "69.99", "30.01", "0", "0"),
    ("撤销安排", FUNDS, "-69.99", "69.99", "0", "30.01", "0", "0"),
    ("撤销安排", QUOTA, "-69.99", "69.99", "0", "30.01", "0", "0"),
    ("安排资金", FUNDS, "20", "69.99", "20", "30.01", "0", "0"),
    ("安排资金", QUOTA, "20", "69.99", "20", "30.01", "0", "0"),
    ("拨付", FUNDS, "20", "69.99", "0", "50.01", "0", "0"),
    ("拨付", QUOTA, "20", "49.99", "0", "50.01", "0", "0"),
    ("应退资金", FUNDS, "5.05", "49.99", "0", "44.96", "5.05", "0"),
    ("退回到账", FUNDS, "2.02", "49.99", "0", "44.96", "3.03", "2.02"),
    ("核减批复", QUOTA, "49.99", "0", "0", "44.96", "3.03", "2.02"),
]


@pytest.mark.parametrize("mode", ["grant", "interest_subsidy"])
def test_each_posting_has_its_act_its_side_and_the_balances_after_it(mode: str) -> None:
    entries = list(statement_entries(CASE, posted(mode)))
    assert [
        (
            each.act, each.side, each.amount_yuan, each.award_left_yuan, each.reserved_yuan, each.net_paid_yuan,
            each.due_back_yuan, each.returned_yuan,
        )
        for each in entries
    ] == [(act, side, *map(Decimal, figures)) for act, side, *figures in COURSE]  # fmt: skip
    assert [each.seq for each in entries] == list(range(1, len(COURSE) + 1))
    changes = [(each.reserved_change_yuan, each.net_paid_change_yuan) for each in entries]
    after = [(each.reserved_yuan, each.net_paid_yuan) for each in entries]
    assert changes == [
        (a - c, b - d) for (a, b), (c, d) in zip(after, [(Decimal(0), Decimal(0)), *after], strict=False)
    ]
    assert {act for (act, *_), pair in zip(COURSE, changes, strict=True) if min(pair) < 0} == {
        "拨付", "撤销安排", "应退资金",
    }  # fmt: skip


@pytest.mark.parametrize(("mode", "paid"), [("grant", "已拨投资补助"), ("interest_subsidy", "已拨贷款贴息")])
def test_accounts_and_clauses_in_words(mode: str, paid: str) -> None:
    entries = list(statement_entries(CASE, posted(mode)))
    found = {(each.act, each.debit, each.credit, each.clause) for each in entries}
    assert found == {
        ("批复", "项目承诺", "批复额度", "二（四）、三（二）"),
        *(
            (act, debit, credit, "三（二）")
            for act in ("安排资金", "拨付", "撤销安排")
            for debit, credit in (("年度预算", paid), ("批复额度", "项目承诺"))
        ),
        ("应退资金", paid, "应收退回资金", "四（一）1"),
        ("退回到账", "应收退回资金", "已退回资金", "四（一）1"),
        ("核减批复", "批复额度", "项目承诺", "四（一）1"),
    }


def test_a_posting_has_its_day_in_beijing_and_its_id() -> None:
    postings = posted("grant")
    entries = list(statement_entries(CASE, postings))
    assert [each.posted_on for each in entries[:2]] == [date(2024, 5, 31), date(2024, 6, 1)]
    assert [(each.transfer_id, each.purpose) for each in entries] == [(each.id, each.purpose) for each in postings]
    assert {posting.kind for posting in postings} == set(Kind)
