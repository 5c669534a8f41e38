"""Tables of other municipal funding programmes and of payments known from them (二（五）)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.rules.duplicates import entity_place, payment_key
from shared.normal_forms import normal_identifier, normal_name
from shared.storage.normal_columns import Normalised


class MunicipalFundProgramme(Base, Normalised):
    """Another municipal programme that funds the same kind of works. 二（五）"""

    __tablename__ = "municipal_fund_programme"
    normal_columns = {"name_form": lambda row: normal_name(row.name)}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_form: Mapped[str] = mapped_column(unique=True)
    authority: Mapped[str]
    note: Mapped[str | None]
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Since when no new payment is registered under it; payments of before still count."""
    version: Mapped[int] = mapped_column(server_default="1", default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class MunicipalFundingRecord(Base, Normalised):
    """Payment that a project received from another municipal programme. 二（五）"""

    __tablename__ = "municipal_funding_record"
    __table_args__ = (
        Index("ix_municipal_funding_record_project_code", "project_code"),
        Index("ix_municipal_funding_record_entity_place", "entity_place"),
        Index("ix_municipal_funding_record_entity_uscc", "entity_uscc"),
        Index("ix_municipal_funding_record_document_form", "document_form"),
        Index(
            "uq_municipal_funding_record_payment_key",
            "payment_key",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    normal_columns = {  # noqa: RUF012 - constant
        "entity_place": lambda row: entity_place(row.entity_uscc, row.address, row.district),
        "document_form": lambda row: normal_identifier(row.document_no) if row.document_no else None,
        "payment_key": lambda row: payment_key(row),
    }

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[UUID] = mapped_column(
        ForeignKey("municipal_fund_programme.id", name="fk_municipal_funding_record_programme")
    )
    programme_name: Mapped[str]
    district: Mapped[str]
    project_code: Mapped[str | None]
    entity_uscc: Mapped[str]
    entity_name: Mapped[str]
    address: Mapped[str | None]
    entity_place: Mapped[str | None]
    amount_yuan: Mapped[Decimal]
    funded_on: Mapped[date]
    source: Mapped[str]
    title_certificate_no: Mapped[str | None]
    building_id: Mapped[str | None]
    works: Mapped[list[str]] = mapped_column(server_default="{}", default=list)
    document_no: Mapped[str | None]
    document_form: Mapped[str | None]
    payment_key: Mapped[str]
    repeat_reason: Mapped[str | None]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
