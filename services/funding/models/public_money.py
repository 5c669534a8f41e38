"""Public money from other sources for a project. 二（五）, 四（二）2"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import PUBLIC_MONEY_KINDS
from services.funding.rules.public_money import entry_key
from shared.normal_forms import normal_identifier
from shared.storage.normal_columns import Normalised
from shared.storage.versions import Part


class PublicMoney(Base, Part, Normalised):
    """Public money that a project received from another source; other municipal money excludes support (I27)."""

    __tablename__ = "public_money"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(PUBLIC_MONEY_KINDS)}", name="kind"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("ix_public_money_application_id", "application_id"),
        Index("ix_public_money_project_code", "project_code"),
        Index("ix_public_money_applicant_uscc", "applicant_uscc"),
        Index("ix_public_money_document_key", "document_key"),
        Index(
            "uq_public_money_entry_key",
            "entry_key",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND intake_version IS NULL"),
        ),
    )
    normal_columns = {  # noqa: RUF012 - constant
        "document_key": lambda row: normal_identifier(row.document_no) if row.document_no else None,
        "entry_key": lambda row: entry_key(row),
    }
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID | None]
    district: Mapped[str]
    kind: Mapped[str]
    programme: Mapped[str]
    project_code: Mapped[str | None]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    granted_on: Mapped[date]
    document_no: Mapped[str | None]
    document_key: Mapped[str | None]
    entry_key: Mapped[str]
    repeat_reason: Mapped[str | None]
    title_certificate_no: Mapped[str | None]
    building_id: Mapped[str | None]
    address: Mapped[str | None]
    works: Mapped[list[str]] = mapped_column(server_default="{}", default=list)
    """Kinds of works (二（一）) that the money went to; empty where the source does not say."""
    intake_version: Mapped[int | None]
    """Version of intake's entry; empty for an entry registered here."""
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
