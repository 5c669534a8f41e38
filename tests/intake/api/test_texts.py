"""Tests of the Chinese texts in intake's part of the API document."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.intake import api, schemas

MODULES = [
    import_module(f"{package.__name__}.{module.name}")
    for package in (api, schemas)
    for module in pkgutil.iter_modules(package.__path__)
]
ROUTES = [route for route in api.router.routes if isinstance(route, APIRoute)]
MODELS = [
    model
    for module in MODULES
    for _, model in inspect.getmembers(module, inspect.isclass)
    if issubclass(model, BaseModel) and model.__module__ == module.__name__
]


def is_chinese(text: str | None) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text or "")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.name))
def test_every_operation_has_a_chinese_summary_and_description(route: APIRoute) -> None:
    assert is_chinese(route.summary)
    assert len(route.summary or "") <= 20
    assert is_chinese(route.description)
    assert route.description.endswith("。")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_every_property_has_a_chinese_title(model: type[BaseModel]) -> None:
    untitled = [name for name, field in model.model_fields.items() if not is_chinese(field.title)]
    assert untitled == []


def test_every_parameter_has_a_chinese_title_or_description() -> None:
    untitled = [
        (route.name, field.alias)
        for route in ROUTES
        for field in (*route.dependant.path_params, *route.dependant.query_params, *route.dependant.header_params)
        if not is_chinese(f"{field.field_info.title}{field.field_info.description}")
    ]
    assert untitled == []


def test_names_of_models_and_operations_are_unique() -> None:
    names = [model.__name__ for model in MODELS]
    assert sorted(names) == sorted(set(names))
    operations = [route.name for route in ROUTES]
    assert sorted(operations) == sorted(set(operations))
