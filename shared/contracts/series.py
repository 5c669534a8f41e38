"""Parts of the events that announce dated figures: confirmed batches, with their documents."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class FigureWritten(BaseModel):
    """One figure of a batch; `value` is JSON, in which numbers are text."""

    model_config = ConfigDict(frozen=True)

    key: str
    valid_from: date
    value: str
    unverified: bool = False
    struck: bool = False
    source: str | None = None
    ref: str | None = None
    quote: str | None = None
    note: str | None = None
    basis: str | None = None


class ConfirmedFigures(BaseModel):
    """Members of the events by which an owner announces a confirmed batch of figures of one kind.

    `number` counts the batches of a kind without gaps; `series_id` is the same for all batches of a kind.
    """

    series_id: UUID
    batch_id: UUID
    kind: str
    number: int
    of_package: bool
    figures: tuple[FigureWritten, ...]
    document_title: str
    document_no: str | None
    documented_on: date | None
    confirmed_on: date
