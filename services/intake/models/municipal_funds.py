"""Tables of other municipal funding programmes and of payments known from them (二（五）)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base


class MunicipalFundProgramme(Base):
    """Another municipal programme that funds the same kind of works. 二（五）"""

    __tablename__ = "municipal_fund_programme"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    authority: Mapped[str]
    note: Mapped[str | None]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class MunicipalFundingRecord(Base):
    """Payment that a project received from another municipal programme. 二（五）"""

    __tablename__ = "municipal_funding_record"
    __table_args__ = (
        Index("ix_municipal_funding_record_project_code", "project_code"),
        Index("ix_municipal_funding_record_entity_place", "entity_place"),
        Index("ix_municipal_funding_record_entity_uscc", "entity_uscc"),
    )

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
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
