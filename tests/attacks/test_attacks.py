"""Attacks: each part has some, and what is not held off is said to have succeeded."""

import asyncio
import importlib
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

import attacks
from attacks import __main__ as program
from attacks.registry import ATTACKS, PARTS, Attack
from attacks.target import Succeeded, Target

NOWHERE = cast(Target, None)


def test_every_module_with_attacks_is_a_part_and_every_attack_has_a_name() -> None:
    for part in PARTS:
        importlib.import_module(f"attacks.{part}")
    files = {path.stem for path in Path(attacks.__path__[0]).glob("*.py")}
    assert files - set(PARTS) == {"__init__", "__main__", "registry", "target"}
    assert set(Counter(each.part for each in ATTACKS)) == set(PARTS)
    assert all(each.name for each in ATTACKS)


async def held(_target: Target) -> None:
    """Do nothing."""


async def achieved(_target: Target) -> None:
    raise Succeeded("minted 1 fen")


async def broken(_target: Target) -> None:
    raise KeyError("id")


async def endless(_target: Target) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("run", "said"),
    [(held, ""), (achieved, "minted 1 fen"), (broken, "proves nothing"), (endless, "not over after")],
)
async def test_whatever_is_not_held_off_has_succeeded(monkeypatch: pytest.MonkeyPatch, run: Any, said: str) -> None:
    monkeypatch.setattr(program, "LIMIT_SECONDS", 0.05)
    outcome = await program._outcome(Attack("walls", "x", run), NOWHERE)
    assert said in outcome
    assert bool(outcome) is (run is not held)
