"""The check of docstrings sees each kind of docstring, and each opening that hides what a thing does."""

import pytest

from deploy.checks.shape import opening_faults


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('"""What a module is."""', 1),
        ('class Batch:\n    """How a batch is sent."""', 1),
        ('def send() -> None:\n    """Whether it was sent."""', 1),
        ('def rows() -> None:\n    """The rows of a batch."""', 1),
        ('def rows() -> None:\n    """rows of a batch."""', 1),
        ('WAIT = 3\n"""How long a batch waits."""', 2),
        ('class Batch:\n    sent: bool = False\n    """Whether the batch was sent."""', 3),
    ],
)
def test_an_opening_that_hides_what_a_thing_does_is_a_fault(source: str, line: int) -> None:
    assert [number for number, _ in opening_faults(source)] == [line]


@pytest.mark.parametrize(
    "source",
    [
        '"""Batches of events."""',
        'def rows() -> None:\n    """Return the rows of a batch."""',
        'class Batch:\n    @property\n    def rows(self) -> None:\n        """The rows of the batch."""',
        'WAIT = 3\n"""Longest wait of a batch."""',
        'send()\n"What stands alone describes nothing."',
    ],
)
def test_an_opening_that_says_it_is_none(source: str) -> None:
    assert list(opening_faults(source)) == []
