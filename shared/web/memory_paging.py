"""The list convention for rows that are made in memory rather than read from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from fastapi import Request

from shared.web.cursors import decode, digest_of
from shared.web.paging import Page, PageRequest, Slice, signature_of

Item = TypeVar("Item")
Place = tuple[Any, Any]
"""A row's sort value and its key."""
ORDER = "order"
"""The sort that keeps rows in the order in which they are made."""


class MemoryListing:
    """The declaration of a list that is made in memory, of a class with a unique field `key`."""

    def __init__(self, model: type, *sorts: str, key: str, default: str) -> None:
        """Declare a list that sorts by the named fields; `default` names one, `-` before it for descending."""
        self.kinds, self.key = {ORDER: int, **get_type_hints(model)}, key
        self.__signature__ = signature_of(list(sorts), default, [])

    async def __call__(self, request: Request, **values: Any) -> "MemoryPageRequest":
        """Return the checked parameters of a request. Raises InvalidCursor."""
        name, cursor = values["sort"].removeprefix("-"), values["cursor"]
        digest = digest_of(request, values["sort"])
        after = decode(cursor, digest, self.kinds[name], self.kinds[self.key]) if cursor else None
        asked = PageRequest(values["limit"], values["sort"], values["include_total"], (), after, digest)
        return MemoryPageRequest(asked, name, self.key)


@dataclass(frozen=True)
class MemoryPageRequest:
    """The query parameters of a list that is made in memory, checked."""

    request: PageRequest
    name: str
    key: str

    def page(self, items: Sequence[Item]) -> Page[Item]:
        """Return the page of all given items."""
        placed = [(self._place(number, item), item) for number, item in enumerate(items)]
        rest = [each for each in self._sorted(placed) if self._is_later(each[0])]
        shown = rest[: self.request.limit]
        more = self.request.cursor(*shown[-1][0]) if len(rest) > self.request.limit else None
        rows = [item for _, item in shown]
        return Slice(rows, more, len(items) if self.request.include_total else None, self.request).page(rows)

    def _place(self, number: int, item: Any) -> Place:
        return number if self.name == ORDER else getattr(item, self.name), getattr(item, self.key)

    def _sorted(self, placed: list[tuple[Place, Item]]) -> list[tuple[Place, Item]]:
        known = [each for each in placed if each[0][0] is not None]
        unknown = [each for each in placed if each[0][0] is None]
        descending = self.request.descending
        known.sort(key=lambda each: each[0], reverse=descending)
        unknown.sort(key=lambda each: each[0][1], reverse=descending)
        return known + unknown

    def _is_later(self, place: Place) -> bool:
        """Return whether a place comes after the cursor; rows without a sort value come last."""
        if self.request.after is None:
            return True
        (value, key), (last, last_key) = place, self.request.after
        if (value is None) != (last is None):
            return value is None
        beyond = ((key,), (last_key,)) if value is None else ((value, key), (last, last_key))
        return bool(beyond[0] < beyond[1] if self.request.descending else beyond[0] > beyond[1])
