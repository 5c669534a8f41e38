"""Versions of what a person reads and decides on: the change of a part raises the version of each record that shows it.

A record has a `version`, from which its ETag is made; a part names its records in `shown_in`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel
from sqlalchemy import Update, event, inspect, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Session, object_session

from shared.errors import PreconditionRequired, Stale
from shared.storage.session import Row, locked

Tag = Callable[[], str]
"""Gives the entity tag of what was read, as it is now."""
_DECIDED = "decided"


class Part:
    """A row that is read as part of other records: `shown_in` gives the attribute that holds the key of each."""

    shown_in: ClassVar[Mapping[type[DeclarativeBase], str]] = {}


async def locked_as_read(session: AsyncSession, model: type[Row], key: Any, if_match: str | None) -> Row:
    """Lock the record that an act decides on. Raises NotFound, PreconditionRequired or Stale."""
    row = await locked(session, model, key)
    expect_version(row, if_match)
    return row


def expect_version(row: Any, if_match: str | None) -> None:
    """Check If-Match against the row's version. Raises PreconditionRequired or Stale."""
    expect_tag(object_session(row), partial(etag, row), if_match)


def expect_tag(session: AsyncSession | Session | None, tag: Tag, if_match: str | None) -> None:
    """Check If-Match against the entity tag of what was read. Raises PreconditionRequired or Stale.

    The answer of the act carries the tag as it is after the act (`tag_after`).
    """
    if if_match is None:
        raise PreconditionRequired("请先读取记录，并以 If-Match 带回其 ETag")
    if if_match.strip() != tag():
        raise Stale()
    if session is not None:
        session.info[_DECIDED] = tag


def etag(row: Any) -> str:
    """Return the strong entity tag of a row with a `version`."""
    return f'"{row.version}"'


def etag_of_view(shown: BaseModel) -> str:
    """Return the entity tag of an answer to a reader who is told a part: what the reader does not see leaves it.

    No act of such a reader may be decided by it.
    """
    return f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:32]}"'


async def tag_after(session: AsyncSession) -> str | None:
    """Return the entity tag of the decided record after all changes of the transaction; None if none was decided on."""
    tag: Tag | None = session.info.get(_DECIDED)
    if tag is None:
        return None
    await session.flush()
    return tag()


def raise_version(row: Any) -> None:
    """Raise the version of a record with the next flush, for a change that the session does not see."""
    row.version = inspect(row).committed_state.get("version", row.version) + 1


@event.listens_for(Session, "before_flush")
def _raise_versions(session: Session, _context: Any, _rows: Any) -> None:
    """Raise the version of each record that shows a changed part; one that the session does not hold, in the table."""
    changed = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    shown = {place for part in changed if isinstance(part, Part) for place in _places(part)}
    for model, key in shown - {(type(row), _key(row)) for row in session.new}:
        row = session.identity_map.get(session.identity_key(model, key))
        if row is None:
            session.execute(_raised(model, key), execution_options={"synchronize_session": False})
        else:
            raise_version(row)


async def lock_shown(session: AsyncSession, row: Any) -> list[Any]:
    """Lock and return the records that show a row: itself, unless it is a part of others."""
    places = _places(row) if isinstance(row, Part) else [(type(row), _key(row))]
    return [await locked(session, model, key) for model, key in places]


def _places(part: Part) -> Iterator[tuple[type[Any], Any]]:
    """Yield model and key of each record that shows a part."""
    for model, name in part.shown_in.items():
        if (key := getattr(part, name)) is not None:
            yield model, key


def _key(row: Any) -> Any:
    return inspect(row).mapper.primary_key_from_instance(row)[0]


def _raised(model: type[Any], key: Any) -> Update:
    return update(model).where(inspect(model).primary_key[0] == key).values(version=model.version + 1)
