"""The fewest people that a desk needs for one case: a colouring of its duties by people who exclude each other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from shared.segregation import SEGREGATION, Segregation
from shared.web.duties import OperationDuty

SHEETS = {"score": 2}
"""Duties that several people must take on one case: two score sheets make a panel (三（二）)."""
RARE = frozenset({"lift_hold", "countersign", "countersign_change", "withdraw_penalty"})
"""Duties that a case needs only when something went wrong, or when its amount reaches a threshold that was set."""


def desks(operations: Sequence[OperationDuty]) -> dict[str, set[str]]:
    """Return the duties of each role; what several roles may do counts for the first.

    An operation whose duty depends on the role names as many duties as roles, in the same order.
    """
    found: dict[str, set[str]] = {}
    for operation in operations:
        roles, duties = ([each.code for each in codes] for codes in (operation.roles, operation.duties))
        owners = roles if len(roles) == len(duties) else roles[:1] * len(duties)
        for role, duty in zip(owners, duties, strict=True):
            found.setdefault(role, set()).add(duty)
    return found


def fewest(duties: Sequence[str], day: date, table: Segregation = SEGREGATION) -> int:
    """Return the least number of people who can do all the duties on one case, as the table has it on a day."""
    if not duties:
        return 0
    copies = [duty for duty in duties for _ in range(SHEETS.get(duty, 1))]
    excluded = {duty: set(table.excluding(duty, day)) for duty in duties}
    return next(people for people in range(1, len(copies) + 1) if any(_assignments(copies, people, excluded, ())))


def _assignments(
    copies: Sequence[str], people: int, excluded: Mapping[str, set[str]], held: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield the ways to give the duties to that many people; `held` are the duties given so far, by person."""
    if not copies:
        yield held
        return
    duty, *rest = copies
    for person in range(min(len(held) + 1, people)):
        mine = held[person] if person < len(held) else ()
        if duty not in mine and not excluded[duty] & set(mine):
            yield from _assignments(rest, people, excluded, (*held[:person], (*mine, duty), *held[person + 1 :]))
