"""Dated figures: LPR, parameters, readings, factors, industries, calendars and editions, each with its versions.

A figure is found by kind, key and first day. The package's files are the first entries; a service adds what officers
enter and confirm. Pure code reads the figures of the register that its caller chose (`reading_from`), or else those of
the package.
"""

from shared.series.figures import (
    Batch,
    FiguresNotReceived,
    Reading,
    Register,
    current,
    note,
    reading,
    reading_from,
    series_of,
    way_out,
)
from shared.series.figures import Figure as Figure
from shared.series.folding import fold
from shared.series.kinds import KINDS, Kind

__all__ = [
    "KINDS",
    "Batch",
    "Figure",
    "FiguresNotReceived",
    "Kind",
    "Reading",
    "Register",
    "current",
    "fold",
    "note",
    "reading",
    "reading_from",
    "series_of",
    "way_out",
]
