"""Clauses of the notice: responsible services, rules, amounts, parameters, readings and code of each."""

import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from shared.policy import ClauseHome, clauses

CURRENT = "2023"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its requirement, kinds of obligation, responsible services, rules, parameters, readings, code."""

    clause: Annotated[str, Field(title="条款")]
    asks: Annotated[str, Field(title="要求")] = ""
    kinds: Annotated[list[str], Field(title="类别，如判定、参数、办理")] = field(default_factory=list)
    services: Annotated[list[str], Field(title="负责的系统")] = field(default_factory=list)
    rules: Annotated[list[str], Field(title="规则")] = field(default_factory=list)
    amounts: Annotated[list[str], Field(title="支持金额")] = field(default_factory=list)
    parameters: Annotated[list[str], Field(title="参数")] = field(default_factory=list)
    interpretations: Annotated[list[str], Field(title="口径")] = field(default_factory=list)
    acts: Annotated[list[str], Field(title="办理接口，如 intake.submit_declaration")] = field(default_factory=list)
    modules: Annotated[list[str], Field(title="判定和计算的代码文件")] = field(default_factory=list)
    tables: Annotated[list[str], Field(title="数据表，如 funding.loan")] = field(default_factory=list)
    tests: Annotated[list[str], Field(title="验证该条款的测试")] = field(default_factory=list)


@cache
def clauses_of(edition: str) -> list[Clause]:
    """Return the clauses of an edition in the notice's order; of an earlier edition those that its data name."""
    homes = {home.clause: home for home in clauses(edition)}
    described = _descriptions() if edition == CURRENT else {}
    code = _code() if edition == CURRENT else {}
    names = [*described, *(name for name in homes if name not in described)]
    return [
        Clause(**{"clause": name, **described.get(name, {}), **_carriers(homes.get(name)), **code.get(name, {})})
        for name in names
    ]


def _carriers(home: ClauseHome | None) -> dict[str, list[str]]:
    return {name: list(value) for name, value in asdict(home).items() if name != "clause"} if home else {}


@cache
def _code() -> dict[str, dict[str, list[str]]]:
    """Return acts, modules, tables and tests of each clause, as deploy/checks/clause_table.py writes them."""
    index: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "clause_code.json").read_text("utf-8"))
    return index


@cache
def _descriptions() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "clauses.toml").read_text("utf-8"))
