"""Steps that every act on a fund application shares: its rule set, its stored event data, numbers. 三（二）"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.applications import Application, NumberSeries
from shared.clock import uuid7
from shared.contracts.eligibility import AssessedComponent
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.districts import CITY
from shared.policy import Ruleset, resolve
from shared.storage.session import now, settings_of
from shared.text import STORED


def ruleset_of(session: AsyncSession, application: Application) -> Ruleset:
    """Return the rule set in force on the application's date, under the readings chosen in the settings."""
    return resolve(application.as_of, application.district, settings_of(session).interpretations)


async def locked_applications(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Application]:
    """Read and lock applications in the order of their ids until the transaction ends."""
    wanted = select(Application).where(Application.id.in_(list(ids))).order_by(Application.id)
    rows = await session.scalars(wanted.with_for_update(key_share=True), execution_options={"populate_existing": True})
    return {row.id: row for row in rows}


def project_of(application: Application) -> Project:
    """Return the project as eligibility announced it."""
    return Project.model_validate(application.project)


def facts_of(application: Application) -> ProjectFacts:
    """Return the project's facts as eligibility announced them."""
    return ProjectFacts.model_validate(application.facts, context=STORED)


def components_of(application: Application) -> tuple[AssessedComponent, ...]:
    """Return the project's components with declared and assessed investment."""
    return tuple(AssessedComponent.model_validate(part) for part in application.components)


def new_row_columns(session: AsyncSession, application: Application) -> dict[str, Any]:
    """Return a new id and the columns by which a row belongs to the application: its id, district and owner."""
    return {
        "id": uuid7(now(session)),
        "application_id": application.id,
        "district": application.district,
        "applicant_uscc": application.applicant_uscc,
    }


async def next_number(session: AsyncSession, series: str, on: date) -> int:
    """Return the next number of a yearly series; its row stays locked until commit, so numbers have no gaps."""
    number: int = await session.scalar(  # type: ignore[assignment]
        insert(NumberSeries)
        .values(name=series, year=on.year, district=CITY, last=1)
        .on_conflict_do_update(index_elements=["name", "year"], set_={"last": NumberSeries.last + 1})
        .returning(NumberSeries.last)
    )
    return number
