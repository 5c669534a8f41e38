"""The sample: about 2,000 rows over the 17 reporting units, the same for the same seed in every run.

``resources(seed)`` and ``library(seed)`` give ``{district code: rows}``; every row is a dict of JSON values whose keys
and meanings are those of ``shared.contracts.library.ResourceRow`` and ``LibraryRow`` (with ``LibraryComponent`` under
``components``). Money and areas are decimal strings with two places, days ISO dates, unknown values None.

- ``external_id`` is stable over seeds: ``110105-R-0001`` (resource), ``110105-P-0001`` (project); real ones end in
  ``REAL`` and their number in ``projects.csv``.
- ``simulated`` names what is invented: ``["*"]`` for a wholly invented row; for a real project every field that says
  something and was not published, parts of a component as ``components.0.fixed_investment_yuan``.

``applicants(seed)`` gives dicts with the keys ``uscc``, ``name``, ``kind`` (company, village_collective), ``district``
and ``simulated``: every legal person in the rows. ``real_projects()`` gives the lines of ``projects.csv`` as they are.
"""

from __future__ import annotations

from typing import Any

from deploy.demo.sample import real
from deploy.demo.sample.buildings import AS_OF
from deploy.demo.sample.entities import Applicant, applicants_of, make_uscc
from deploy.demo.sample.ledger import resource_rows
from deploy.demo.sample.reserve import library_rows
from shared.districts import DISTRICTS

__all__ = ["AS_OF", "applicants", "library", "make_uscc", "real_projects", "resources"]


def resources(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return the resource ledger of every district."""
    return {code: resource_rows(seed, code) for code in DISTRICTS}


def library(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return the reserve library of every district; it refers to the resources of the same seed."""
    return {code: library_rows(seed, code) for code in DISTRICTS}


def applicants(seed: int) -> list[Applicant]:
    """Return every fictional legal person in the rows of this seed."""
    return [applicant for code in DISTRICTS for applicant in applicants_of(seed, code)]


def real_projects() -> list[dict[str, Any]]:
    """Return the 22 real projects: published facts with their source addresses."""
    return real.projects()
