"""Parts of answers that the model needs: new ids, and the result of each row of a push."""

from collections.abc import Callable, Iterable
from typing import Any


def row_results(results: Iterable[Any]) -> list[list[Any]]:
    """Return for each row, in the order sent, its status, id and version, or its status and refusal code."""
    return [
        [row["status"], row["problem"]["code"]] if row["problem"] else [row["status"], row["id"], row["version"]]
        for row in sorted(results, key=lambda row: int(row["index"]))
    ]


def _row_results(answer: Any) -> list[list[Any]]:
    return row_results(answer["rows"])


def _id(answer: Any) -> str:
    return str(answer["id"])


def _booked(answer: Any) -> list[str]:
    """Return what became of the receipt."""
    return [row["verdict"] for row in answer["rows"]]


CREATING_ACTS = frozenset({"create_declaration", "draft_budget", "draft_plan"})
"""Acts that answer with the id of the case or document they create."""
ANSWER_READERS: dict[str, Callable[[Any], Any]] = {
    "push_resources": _row_results,
    "push_library_entries": _row_results,
    **dict.fromkeys(
        ("create_declaration", "draft_budget", "draft_plan", "enter_payee", "request_release", "request_clawback"), _id
    ),
    "issue_payment_order": _id,
    "book_receipts": _booked,
}  # fmt: skip

DECIDING_ACTS = frozenset({
    "edit_declaration", "undertake", "submit_declaration", "accept_declaration", "return_declaration",
    "review_declaration", "request_opinion", "give_opinion", "forward_declaration", "receive_declaration",
    "conclude_review", "recognise_investment", "score_project", "enter_pool", "draft_approval", "approve_application",
    "issue_plan", "confirm_budget", "lift_hold", "confirm_payee", "release_funds", "demand_clawback", "record_recovery",
    "withdraw_payment_order",
})  # fmt: skip
"""Acts that are sent for the version of the record that was read just before."""
