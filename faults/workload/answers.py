"""What the model needs of an answer: the ids it gives, and what became of each row of a push."""

from collections.abc import Callable, Iterable
from typing import Any


def rows_of(results: Iterable[Any]) -> list[list[Any]]:
    """Of each row, in the order they were sent, its status, id and version, or its status and why it was refused."""
    return [
        [row["status"], row["problem"]["code"]] if row["problem"] else [row["status"], row["id"], row["version"]]
        for row in sorted(results, key=lambda row: int(row["index"]))
    ]


def _rows(answer: Any) -> list[list[Any]]:
    return rows_of(answer["rows"])


def _id(answer: Any) -> str:
    return str(answer["id"])


CREATES = frozenset({"create_declaration", "draft_budget", "draft_plan"})
"""Acts whose answer is the id of what they made, under which the further acts on it stand."""
READS: dict[str, Callable[[Any], Any]] = {
    "push_resources": _rows,
    "push_library_entries": _rows,
    **dict.fromkeys(
        ("create_declaration", "draft_budget", "draft_plan", "request_release", "request_clawback"), _id
    ),
}  # fmt: skip
