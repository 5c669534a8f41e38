"""Final accounts (竣工决算) and the grant recomputed from them. 二（四）1"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.storage.versions import Part


class FinalAccounts(Base, Part):
    """Final accounts of a project and the grant recomputed from them; a lower one proposes a return (I4). 二（四）1"""

    __tablename__ = "final_accounts"
    __table_args__ = (Index("ix_final_accounts_application_id", "application_id"),)
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    document_no: Mapped[str]
    components: Mapped[list[dict[str, Any]]]
    base_yuan: Mapped[Decimal]
    award_yuan: Mapped[Decimal]
    derivation: Mapped[list[str]]
    lower: Mapped[bool]
    proposed_return_yuan: Mapped[Decimal]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
