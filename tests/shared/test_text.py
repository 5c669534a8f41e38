"""Limits of typed text, and limits of fields that a type with constraints of its own would override."""

from collections.abc import Iterator
from typing import Any

import annotated_types
import pytest
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from services import SERVICES, load
from shared.text import Line, Paragraph

LIMITS = (annotated_types.MaxLen, annotated_types.MinLen)


@pytest.mark.parametrize(("kind", "most"), [(Line, 200), (Paragraph, 4000)], ids=["line", "paragraph"])
def test_text_is_trimmed_then_measured(kind: Any, most: int) -> None:
    text: TypeAdapter[str] = TypeAdapter(kind)
    assert text.validate_python(f" {'字' * most}\n") == "字" * most
    assert text.validate_python(" 字 ") == "字"
    for refused in ("字" * (most + 1), "", " \n", "a\x00b", "a\x08b", "a\x0bb", "a\x1fb", "a\x7fb"):
        with pytest.raises(ValidationError):
            text.validate_python(refused)
    assert text.validate_python("a\tb\nc\rd\x80") == "a\tb\nc\rd\x80"


def models(of: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from models(model)


def test_a_limit_of_a_field_comes_after_those_of_its_type() -> None:
    """Of two limits the later holds: one given as `Field(max_length=…)` beside a type of its own would not count."""
    for service in SERVICES:
        load(service)
    overridden = []
    for model in models():
        for name, field in model.model_fields.items():
            kinds = [type(each) for each in field.metadata]
            if StringConstraints in kinds and any(kind in LIMITS for kind in kinds[: kinds.index(StringConstraints)]):
                overridden.append(f"{model.__module__}.{model.__name__}.{name}")
    assert overridden == []
