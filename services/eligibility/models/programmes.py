"""Table of the programmes by which districts support projects themselves (四（二）2, 四（二）3)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.eligibility.models.base import Base
from services.eligibility.rules.code_lists import PROGRAMME_STATUSES
from shared.errors import WrongStatus
from shared.normal_forms import normal_name
from shared.storage.normal_columns import Normalised


class DistrictProgramme(Base, Normalised):
    """A programme of a district, by its document and from a day on: entered by one, confirmed by another. 四（二）3

    A correction is an entry that replaces a confirmed one; `valid_to` is the last day, also of one that was ended.
    """

    __tablename__ = "district_programme"
    __table_args__ = (
        CheckConstraint("status IN ('entered', 'confirmed', 'returned', 'withdrawn', 'replaced')", name="status"),
        CheckConstraint("valid_to >= valid_from", name="period"),
        CheckConstraint("decided_by <> entered_by OR status = 'withdrawn'", name="two_people"),
        Index(
            "uq_district_programme_name_form", "district", "name_form", "valid_from", unique=True,
            postgresql_where=text("status = 'confirmed'"),
        ),
    )  # fmt: skip
    normal_columns = {"name_form": lambda row: normal_name(row.name)}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    name: Mapped[str]
    name_form: Mapped[str]
    support_kind: Mapped[str]
    support: Mapped[str]
    scope: Mapped[str]
    project_types: Mapped[list[str]]
    document_no: Mapped[str]
    documented_on: Mapped[date]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    replaces: Mapped[UUID | None] = mapped_column(
        ForeignKey("district_programme.id", name="fk_district_programme_replaces_district_programme")
    )
    status: Mapped[str]
    reason: Mapped[str]
    entered_by: Mapped[str]
    entered_by_name: Mapped[str]
    entered_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_by_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    ended_by: Mapped[str | None]
    ended_by_name: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    @property
    def status_label(self) -> str:
        return PROGRAMME_STATUSES[self.status]

    def expect(self, status: str) -> None:
        """Raise WrongStatus unless the programme is in a status."""
        if self.status != status:
            told = f"该项目前为“{self.status_label}”，须为“{PROGRAMME_STATUSES[status]}”方可办理"
            raise WrongStatus(told, current=self.status)

    def decide(self, status: str, by: tuple[str, str], at: datetime, reason: str | None) -> None:
        """Confirm, return or withdraw the entry. Raises WrongStatus once that has been done."""
        self.expect("entered")
        self.status, self.decided_at, self.decision_reason = status, at, reason
        self.decided_by, self.decided_by_name = by
