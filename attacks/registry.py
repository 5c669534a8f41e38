"""The list of attacks: a function each, with the part of the suite that it is aimed at."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from attacks.target import Target

Run = Callable[[Target], Awaitable[None]]
PARTS = ("walls", "ledger", "tamper", "acts", "sight", "input", "load", "identity")
"""Modules of this package that hold attacks."""


@dataclass(frozen=True)
class Attack:
    """An attack: it returns if it was held off, and raises Succeeded otherwise."""

    part: str
    name: str
    run: Run


ATTACKS: list[Attack] = []


def attack(part: str) -> Callable[[Run], Run]:
    """Register the function as an attack on a part of the suite; its first docstring line is its name."""

    def register(run: Run) -> Run:
        name = (run.__doc__ or "").strip().splitlines()[0].rstrip(".")
        ATTACKS.append(Attack(part, name, run))
        return run

    return register
