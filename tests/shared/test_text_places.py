"""Every place of text in requests is cleaned or narrowed to a pattern; no answer refuses text that is on record."""

import re

import pytest
from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel

from services import SERVICES
from shared.contracts.library import LibraryRow, ResourceRow
from shared.contracts.pushes import LibraryUpdate, ResourceUpdate
from shared.text import Cleaned
from tests.shared.text_places import TextPlace, answered, every_requested_place, places

NEVER_STORED = {
    "header accept": "compared with media types",
    "header if_match": "compared with the version",
    "path event_type": "looked up among the event types",
    "query cursor": "decoded and checked",
}
"""Text that a request may carry as it likes, each with the reason."""
HOSTILE = ["甲\u202e乙", "甲\x00乙", "甲\x9b乙", "甲\ue000乙", "甲\ufdd0乙", "甲\u2066乙"]
PUSHED = [ResourceRow, LibraryRow, ResourceUpdate, LibraryUpdate]


def narrowed(place: TextPlace) -> bool:
    """Return whether a pattern or a validator of codes admits none of the hostile strings."""
    if place.has(AfterValidator):
        return all(refuses(place, text) for text in (*HOSTILE, "甲\u200b", "甲\n乙"))
    return any(not re.search(pattern, text) for pattern in place.patterns for text in ("甲\n乙\u202e",))


def refuses(place: TextPlace, text: str) -> bool:
    check = next(limit for limit in place.limits if isinstance(limit, AfterValidator)).func
    try:
        check(text)  # type: ignore[call-arg]
    except Exception:
        return True
    return False


@pytest.mark.parametrize("name", sorted(every_requested_place()))
def test_text_of_a_request_is_cleaned_or_narrowed(name: str) -> None:
    place = every_requested_place()[name]
    assert place.has(Cleaned) or narrowed(place) or name in NEVER_STORED, "use Line, Paragraph or a pattern"


@pytest.mark.parametrize("name", sorted(every_requested_place()))
def test_limits_apply_to_cleaned_text(name: str) -> None:
    """Limits outside of `Cleaned` would speak of items instead of characters."""
    limits = every_requested_place()[name].limits
    first = next((index for index, limit in enumerate(limits) if isinstance(limit, Cleaned)), len(limits))
    assert not any(isinstance(limit, MaxLen) for limit in limits[first:]), "put StringConstraints before Cleaned"


def test_what_is_exempt_exists() -> None:
    assert NEVER_STORED.keys() <= every_requested_place().keys()


@pytest.mark.parametrize("model", PUSHED)
def test_text_of_a_pushed_row_is_cleaned_or_narrowed(model: type[BaseModel]) -> None:
    for place in places(model, model.__name__):
        assert place.has(Cleaned) or narrowed(place), place.name


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_refuses_text_on_record(service: str) -> None:
    assert {place.name for place in answered(service) if place.has(Cleaned)} == set(), "mark the model AsStored"
