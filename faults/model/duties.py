"""One person, one duty on a case (四（一）1): the same rule in the three services that act on it."""

Duties = frozenset[tuple[str, str]]
"""Pairs of person and duty."""
NO_DUTIES: Duties = frozenset()
SAME_OFFICER = "same_officer"


def take_duty(duties: Duties, actor: str, duty: str) -> tuple[Duties, str]:
    """Return the duties with this one taken, or the refusal of a person who holds another."""
    held = dict(duties).get(actor, duty)
    return (duties | {(actor, duty)}, "") if held == duty else (duties, SAME_OFFICER)
