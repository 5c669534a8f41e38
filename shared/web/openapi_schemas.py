"""Rewriting of JSON Schemas for the OpenAPI document: Chinese descriptions and labels of codes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.code_lists import CodeLists

CHINESE = re.compile("[\u4e00-\u9fff]")
_STANDARD_KEYWORDS = {
    "gt": ("exclusiveMinimum", "须大于"),
    "lt": ("exclusiveMaximum", "须小于"),
    "ge": ("minimum", "不早于"),
    "le": ("maximum", "不晚于"),
}
"""Keywords that pydantic emits where a constraint meets a schema of another type: those of JSON Schema, and in words.

Of strings only dates have bounds that include their end.
"""
_LISTS, _MAPS = ("anyOf", "oneOf", "allOf", "prefixItems"), ("properties", "patternProperties", "$defs")
_SINGLE = ("items", "additionalProperties", "not", "propertyNames")
Schema = dict[str, Any]


def parts(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and every schema within it."""
    yield schema
    inner = [*(schema.get(key) for key in _SINGLE)]
    inner += [each for key in _LISTS for each in schema.get(key, ())]
    inner += [each for key in _MAPS for each in schema.get(key, {}).values()]
    for each in inner:
        if isinstance(each, dict):
            yield from parts(each)


def rewrite(schema: Schema, lists: CodeLists) -> None:
    """Rewrite a schema in place: titles become descriptions, bounds of strings go, enums get their labels."""
    for part in parts(schema):
        describe(part)
        _standardise(part)
        if labels := labels_of(part, lists):
            part["x-enum-descriptions"] = labels


def describe(part: Schema) -> None:
    """Move a Chinese title before the description, and drop the titles that the framework makes of names.

    A description without Chinese is a docstring, which addresses developers of the suite.
    """
    title, said = part.pop("title", ""), part.pop("description", "")
    texts = [text for text in (title, said) if isinstance(text, str) and CHINESE.search(text)]
    if len(texts) == 2 and texts[1].startswith(texts[0]):
        del texts[0]
    if texts:
        part["description"] = "；".join(text.rstrip("。；") for text in texts)


def _standardise(part: Schema) -> None:
    """Replace keywords that JSON Schema does not know; a numeric bound says nothing of a string."""
    for keyword, (standard, words) in _STANDARD_KEYWORDS.items():
        if keyword in part:
            bound = part.pop(keyword)
            if part.get("type") in ("number", "integer"):
                part[standard] = bound
            else:
                part["description"] = "；".join(filter(None, (part.get("description"), f"{words} {bound}")))


def codes_of(part: Schema) -> list[str]:
    """Return the text codes that a schema admits: of `enum`, or the one of `const`."""
    codes = part.get("enum", [part["const"]] if "const" in part else [])
    return [code for code in codes if isinstance(code, str)]


def labels_of(part: Schema, lists: CodeLists) -> Mapping[str, str]:
    """Return the Chinese label of each code of an enum: from the list of just these codes, else from one with more."""
    codes = codes_of(part)
    if not codes:
        return {}
    found = [labels for labels in lists.values() if set(codes) <= set(labels)]
    exact = [labels for labels in found if len(labels) == len(codes)]
    chosen = (exact or found or [{}])[0]
    return {code: chosen[code] for code in codes if code in chosen}
