"""Audiences of answers and events: what of a record an owner, a system or the public is not told.

A field or an event is declared as one for officials beside its model; who reads is known from the request.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import GetCoreSchemaHandler, SerializerFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from shared.actors import ROLES, Actor

OFFICIALS = frozenset(ROLES) - {"applicant", "system"}
"""Roles of the district, the city and the auditors."""
CITY = OFFICIALS - {"district_officer", "district_supervisor", "district_government"}
"""Roles of the city, who are told of its own preparation beside the auditors: a district learns what was decided."""
CITY_ACTS = ("draft_approval", "sign_approval", "sign_change")
"""Acts of the city's preparation of a decision. 三（二）"""
PUBLIC = Actor("", "", "")
"""The reader of an answer that needs no sign-in."""
_reader: ContextVar[Actor | None] = ContextVar("reader", default=None)


@contextmanager
def read_by(reader: Actor) -> Iterator[None]:
    """Make answers during the block as the reader may see them; elsewhere models are written in full."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def for_officials() -> bool:
    """Return whether what is being read is read by an official, or by the suite itself."""
    return _is_read_in(OFFICIALS)


def for_city() -> bool:
    """Return whether what is being read is read by the city or an auditor, or by the suite itself."""
    return _is_read_in(CITY)


def _is_read_in(roles: Collection[str]) -> bool:
    reader = _reader.get()
    return reader is None or reader.role in roles


@dataclass(frozen=True)
class ToRoles:
    """Writes a field as its reader may see it; pydantic's WrapSerializer would leave no type of it in the document."""

    roles: frozenset[str]

    def _written(self, value: Any, write: SerializerFunctionWrapHandler) -> Any:
        reader = _reader.get()
        if reader is None or reader.role in self.roles or value in (reader.subject, reader.name):
            return write(value)
        return None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        written = core_schema.wrap_serializer_function_ser_schema(self._written)
        cast(dict[str, Any], schema)["serialization"] = written
        return schema


TO_OFFICIALS = ToRoles(OFFICIALS)
"""Metadata of a field that officials see and everyone else gets as null."""
TO_CITY = ToRoles(CITY)
"""Metadata of a field that the city and auditors see and everyone else gets as null."""
Handler = Annotated[str | None, TO_OFFICIALS]
"""Account or name of the person who handled something: for officials, and for that person; null for everyone else."""
Internal = Annotated[str | None, TO_OFFICIALS]
"""Text of the offices' own work, such as the evidence of a proposal: for officials; null for everyone else."""

CityInternal = Annotated[str | None, TO_CITY]
"""Text of the city's preparation of a decision: for the city and auditors; null for everyone else."""


ACCOUNT_READERS = frozenset({"applicant", "district_officer", "district_supervisor", "finance"})
"""Roles that need an account number whole: the owner of the account, the district that confirms it, who pays."""


def _to_account_readers(value: Any, write: SerializerFunctionWrapHandler) -> Any:
    reader = _reader.get()
    return write(value if value is None or reader is None or reader.role in ACCOUNT_READERS else masked(value))


def masked(account_no: str) -> str:
    """Return an account number of which only the last four digits are told."""
    return f"****{account_no[-4:]}"


@dataclass(frozen=True)
class ToAccountReaders:
    """Writes an account number whole for those who need it, and masked for everyone else."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        written = core_schema.wrap_serializer_function_ser_schema(_to_account_readers)
        cast(dict[str, Any], schema)["serialization"] = written
        return schema


AccountNo = Annotated[str, ToAccountReaders()]
"""Account number: whole for its owner, the district and finance; for everyone else the last four digits."""


@dataclass(frozen=True)
class OfficialsOnly:
    """Marks a field of an event that only officials are told over HTTP; services get events whole."""


OFFICIALS_ONLY = OfficialsOnly()
