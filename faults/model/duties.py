"""Duties that exclude each other on a case (四（一）1): the same rule in the three services that act on it."""

from datetime import date

from shared.segregation import SEGREGATION

Duties = frozenset[tuple[str, str]]
"""Pairs of person and duty."""
NO_DUTIES: Duties = frozenset()
SAME_OFFICER = "same_officer"
_EXCLUDING = {duty: set(SEGREGATION.excluding(duty, date.max)) for duty in SEGREGATION.duties}
"""The exclusions that have no end."""


def take_duty(duties: Duties, actor: str, duty: str) -> tuple[Duties, str]:
    """Return the duties with this one taken, or the refusal of a person who holds one that excludes it."""
    held = {name for person, name in duties if person == actor}
    return (duties, SAME_OFFICER) if held & _EXCLUDING[duty] else (duties | {(actor, duty)}, "")
