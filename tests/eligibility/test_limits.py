"""Limits of eligibility's request bodies: the last value that is accepted and the first that is not."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from json import dumps
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.eligibility.rules.investment import ComponentRecognition
from services.eligibility.schemas.dry_run import DryRunIn
from services.eligibility.schemas.pool import (
    ConflictDeclarationIn,
    PoolEntryIn,
    PoolRefusalIn,
    RecognisedInvestmentIn,
    ScoreSheetIn,
)
from services.eligibility.schemas.reviews import ConclusionIn, EditionChoiceIn, ReassessmentIn, SettlementIn
from services.eligibility.schemas.standards import DistrictStandardIn
from services.eligibility.schemas.what_if import WhatIfIn
from shared.districts import DISTRICTS

MARK = {"criterion": "green", "points": 50, "comment": "好"}
PART: Mapping[str, Any] = {"index": 0, "assessed_investment_yuan": "1.00"}
COST = {"kind": "rent", "amount_yuan": "1.00"}
EXCEPTION = {"clause": "四（一）2", "reason": "x"}
LOAN = {"principal_yuan": "1.00", "rate": "0.03", "years": 3}
BODIES: Mapping[type[BaseModel], Mapping[str, Any]] = {
    SettlementIn: {"rule": "surroundings", "holds": True, "reason": "x"},
    EditionChoiceIn: {"edition": "2023", "reason": "x"},
    ReassessmentIn: {"reason": "x"},
    ConclusionIn: {"outcome": "pass", "reason": "x", "exceptions": [EXCEPTION]},
    ConflictDeclarationIn: {"position": "none", "statement": "x"},
    ScoreSheetIn: {"marks": [MARK], "opinion": "x"},
    RecognisedInvestmentIn: {"components": [PART], "opinion": "x"},
    ComponentRecognition: {**PART, "excluded": [COST], "reason": "x"},
    PoolEntryIn: {"reason": "x"},
    PoolRefusalIn: {"reason": "x"},
    DryRunIn: {"facts": {}, "loan": LOAN},
    WhatIfIn: {"parameters": {"grant_cap_yuan": "1"}},
    DistrictStandardIn: {
        "district": "110105", "parameter": "low_occupancy", "value": "0.5", "valid_from": "2024-01-01",
        "document_no": "x", "reason": "x",
    },
}  # fmt: skip


def keys(number: int) -> dict[str, str]:
    return {f"k{place}": "1" for place in range(number)}


ACCEPTED_AND_REFUSED: list[tuple[type[BaseModel], str, Any, Any]] = [
    (SettlementIn, "rule", "a" * 64, "a" * 65),
    (SettlementIn, "rule", "a_1", "1a"),
    (SettlementIn, "evidence", "x" * 4000, "x" * 4001),
    (SettlementIn, "evidence", None, ""),
    (EditionChoiceIn, "edition", "x" * 200, "x" * 201),
    (ConclusionIn, "outcome", "reject", "refuse"),
    (ConclusionIn, "exceptions", [EXCEPTION] * 20, [EXCEPTION] * 21),
    (ConclusionIn, "clauses", ["二"] * 40, ["二"] * 41),
    (ConclusionIn, "clauses.0", "二" * 20, "二" * 21),
    (ConclusionIn, "clauses.0", "二", ""),
    (ConclusionIn, "clauses.0", "二", "二\u202e"),
    (ConflictDeclarationIn, "position", "conflict", "perhaps"),
    (ScoreSheetIn, "marks", [MARK] * 20, [MARK] * 21),
    (ScoreSheetIn, "marks", [MARK], []),
    (ScoreSheetIn, "marks.0.points", 0, -1),
    (ScoreSheetIn, "marks.0.points", 100, 101),
    (ScoreSheetIn, "marks.0.points", 50, 50.5),
    (ScoreSheetIn, "marks.0.criterion", "surroundings", "price"),
    (RecognisedInvestmentIn, "components", [PART] * 200, [PART] * 201),
    (RecognisedInvestmentIn, "components", [PART], []),
    (ComponentRecognition, "index", 0, -1),
    (ComponentRecognition, "index", 199, 200),
    (ComponentRecognition, "excluded", [COST] * 20, [COST] * 21),
    (ComponentRecognition, "excluded.0.kind", "vat", "tax"),
    (ComponentRecognition, "reason", None, ""),
    (DryRunIn, "as_of", "1990-01-01", "1989-12-31"),
    (DryRunIn, "loan.years", 1, 0),
    (DryRunIn, "loan.years", 40, 41),
    (DryRunIn, "loan.rate", "1", "1.01"),
    (DryRunIn, "loan", None, {}),
    (DryRunIn, "district", "BDA", "110100"),
    (WhatIfIn, "as_of", "1990-01-01", "1989-12-31"),
    (WhatIfIn, "districts", list(DISTRICTS), [*DISTRICTS, "110105"]),
    (WhatIfIn, "parameters", keys(20), keys(21)),
    (WhatIfIn, "parameters", {"k": "9" * 14}, {"k": "9" * 15}),
    (WhatIfIn, "parameters", {"k": "1.123456"}, {"k": "1.1234567"}),
    (WhatIfIn, "parameters", {"k": "1"}, {"k": "-1"}),
    (WhatIfIn, "parameters", {"k": ["a"] * 20}, {"k": ["a"] * 21}),
    (WhatIfIn, "parameters", {"k" * 64: "1"}, {"k" * 65: "1"}),
    (WhatIfIn, "interpretations", {"k": "a"}, {"k": "A"}),
    (WhatIfIn, "interpretations", dict.fromkeys(keys(20), "a"), dict.fromkeys(keys(21), "a")),
]  # fmt: skip


def texts() -> Iterator[tuple[type[BaseModel], str]]:
    """Yield each text of at most 4000 characters that must not be empty."""
    for model, body in BODIES.items():
        yield from ((model, name) for name in ("reason", "statement", "opinion") if name in body)


def accepts(model: type[BaseModel], path: str, value: Any) -> bool:
    """Return whether a body is accepted with one value; a refusal must name the value's place."""
    body: Any = deepcopy(dict(BODIES[model]))
    *steps, last = path.split(".")
    holder = body
    for step in steps:
        holder = holder.setdefault(step, [None]) if isinstance(holder, dict) else holder[int(step)]
    holder[int(last) if isinstance(holder, list) else last] = value
    try:
        model.model_validate_json(dumps(body))
    except ValidationError as refused:
        place = path.split(".")
        for error in refused.errors():
            assert [str(step) for step in error["loc"]][: len(place)] == place
        return False
    return True


@pytest.mark.parametrize(
    ("model", "path", "last", "first_beyond"),
    [pytest.param(*row, id=f"{row[0].__name__}.{row[1]} {number}") for number, row in enumerate(ACCEPTED_AND_REFUSED)],
)
def test_a_value_is_accepted_up_to_its_limit(model: type[BaseModel], path: str, last: Any, first_beyond: Any) -> None:
    assert accepts(model, path, last)
    assert not accepts(model, path, first_beyond)


@pytest.mark.parametrize(("model", "name"), list(texts()), ids=lambda value: getattr(value, "__name__", value))
def test_a_text_has_one_to_4000_characters(model: type[BaseModel], name: str) -> None:
    if model is not ComponentRecognition:
        assert not accepts(model, name, "　 ")
    assert (accepts(model, name, "x" * 4000), accepts(model, name, "x" * 4001)) == (True, False)


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_a_field_that_a_body_does_not_have_is_refused(model: type[BaseModel]) -> None:
    model.model_validate_json(dumps(dict(BODIES[model])))
    assert not accepts(model, "no_such_field", 1)
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    for name in required:
        body = {key: value for key, value in BODIES[model].items() if key != name}
        with pytest.raises(ValidationError) as refusal:
            model.model_validate(body)
        assert [error["loc"] for error in refusal.value.errors()] == [(name,)]
