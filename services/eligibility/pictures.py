"""A decision as a picture: form chosen by the caller, headers, body."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Response

from services.eligibility.rules.code_lists import PictureFormat
from shared.policy import Decision, Ruleset
from shared.policy.picture import Branch, drawing, flowchart, nested_list, outline

MEDIA_TYPES: Final[Mapping[PictureFormat, str]] = {
    "svg": "image/svg+xml",
    "mermaid": "application/vnd.mermaid",
    "text": "text/plain",
}
_WRITERS: Final[Mapping[PictureFormat, Callable[[Branch], str]]] = {
    "svg": drawing,
    "mermaid": flowchart,
    "text": nested_list,
}
_SUFFIXES: Final[Mapping[PictureFormat, str]] = {"svg": "svg", "mermaid": "mmd", "text": "txt"}
PICTURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "判定树：SVG 图、Mermaid 文本或分级列表",
        "content": {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()},
    }
}
"""Answers of a picture endpoint, for the API document."""


def chosen_format(asked: PictureFormat | None, accept: str) -> PictureFormat:
    """Return the form asked for by `format`, else the first that the Accept header names, else SVG."""
    if asked:
        return asked
    named = [part.partition(";")[0].strip() for part in accept.split(",")]
    forms: dict[str, PictureFormat] = {media_type: form for form, media_type in MEDIA_TYPES.items()}
    return next((forms[media_type] for media_type in named if media_type in forms), "svg")


def picture(decision: Decision, ruleset: Ruleset | None, form: PictureFormat) -> Response:
    """Return the tree of a decision in a form, shown in place under the name decision.svg, .mmd or .txt."""
    headers = {"content-disposition": f'inline; filename="decision.{_SUFFIXES[form]}"', "vary": "accept"}
    body = _WRITERS[form](outline(decision, ruleset))
    return Response(body, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=headers)
