"""Numbered records are judged by the numbers that a checkpoint says were given before."""

import pytest

from services import load
from shared.sealing.judging import ITSELF, Fault, Judge, Marks
from shared.sealing.leaves import Row
from shared.sealing.reading import Grounds

OPERATION = next(table for table in load("intake").seals.tables if table.kind == "intake.operation")


@pytest.mark.parametrize(
    ("number", "mark", "sound"),
    [
        (1, 1, True),
        (0, 1, False),
        (-2, 1, False),
        (2, 1, True),
        (1, 2, False),
        (2, 2, False),
        (3, 2, True),
        (8, 2, False),
    ],
)
def test_a_number_given_before_the_checkpoint_before_the_last_is_inserted(number: int, mark: int, sound: bool) -> None:
    marks = Marks(100, {"intake.operation": mark})
    judge = Judge(Grounds({}, {}), marks, marks, {"intake.operation": 7}, {})
    row = Row("intake.operation", "x", "{}", (), 200, number)
    found = judge.rests_on(OPERATION, row, None)
    assert (found == ITSELF) is sound
    assert sound or (isinstance(found, Fault) and found.fault == "inserted")
