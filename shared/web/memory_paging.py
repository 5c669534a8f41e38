"""The list convention for rows that are made in memory rather than read from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from shared.web.cursors import decode, digest_of
from shared.web.paging import Page, PageRequest, Slice, signature_of

Item = TypeVar("Item")


class MemoryListing:
    """The declaration of a list that is made in memory, of models with a unique field `key`."""

    def __init__(self, model: type[BaseModel], *sorts: str, key: str, default: str) -> None:
        """Declare a list that sorts by the named fields; `default` names one, `-` before it for descending."""
        self.model, self.key = model, key
        self.__signature__ = signature_of(list(sorts), default, [])

    async def __call__(self, request: Request, **values: Any) -> "MemoryPageRequest":
        """Return the checked parameters of a request. Raises InvalidCursor."""
        name = values["sort"].removeprefix("-")
        digest = digest_of(request, values["sort"])
        kinds = (self.model.model_fields[each].annotation for each in (name, self.key))
        after = decode(values["cursor"], digest, *kinds) if values["cursor"] else None
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
        known = [item for item in items if getattr(item, self.name) is not None]
        unknown = [item for item in items if getattr(item, self.name) is None]
        ordered = [*self._sorted(known), *self._sorted(unknown)]
        rest = [item for item in ordered if self._is_later(item)]
        shown, limit = rest[: self.request.limit], self.request.limit
        more = self.request.cursor(*self._place(shown[-1])) if len(rest) > limit else None
        return Slice(shown, more, len(items) if self.request.include_total else None, self.request).page(shown)

    def _place(self, item: Any) -> tuple[Any, Any]:
        return getattr(item, self.name), getattr(item, self.key)

    def _sorted(self, items: list[Any]) -> list[Any]:
        def place(item: Any) -> tuple[Any, Any]:
            value, key = self._place(item)
            return (0 if value is None else value), key

        return sorted(items, key=place, reverse=self.request.descending)

    def _is_later(self, item: Any) -> bool:
        if self.request.after is None:
            return True
        (value, key), (last, last_key) = self._place(item), self.request.after
        if value is None or last is None:
            same = value is None and last is None
            later = (key < last_key) if self.request.descending else (key > last_key)
            return bool(later) if same else value is None
        if self.request.descending:
            return bool((value, key) < (last, last_key))
        return bool((value, key) > (last, last_key))
