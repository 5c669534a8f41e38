"""The SQL that released migrations run is pinned: a change belongs into a new function and a new migration."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from services.funding.migrations import post_batch_v1, post_batch_v2
from shared.storage import ddl


class Recorder:
    """Stand-in for Alembic's `op` that collects the statements."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: Any) -> None:
        self.statements.append(str(statement))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("build", "pinned"),
    [
        (lambda op: ddl.protect(op, "t", "s"), "4aac946a42575ddc"),
        (lambda op: ddl.protect(op, "t", "s", applicant=True), "5ab74704b0cd7619"),
        (lambda op: ddl.append_only(op, "t", "s"), "8480ef33d1d58a49"),
        (lambda op: ddl.create_infrastructure(op, "s"), "a83575afbe508f25"),
        (lambda op: ddl.create_delivery(op, "s"), "ed8c4470746b2a08"),
    ],
    ids=["protect", "protect-applicant", "append_only", "create_infrastructure", "create_delivery"],
)
def test_released_ddl_does_not_change(build: Callable[[Recorder], None], pinned: str) -> None:
    op = Recorder()
    build(op)
    assert digest(";".join(op.statements)) == pinned


def test_the_posting_functions_of_released_versions_do_not_change() -> None:
    assert digest(post_batch_v1.POST_BATCH) == "4804d62d8867b339"
    assert digest(post_batch_v2.POST_BATCH) == "1f2947dccaa16808"
