"""Tables of funding: applications and their approval, plans and payments, recovery, and other public money."""

from services.funding.models import application, payment, plan, recovery, support
from services.funding.models.base import Base

__all__ = ["Base", "application", "payment", "plan", "recovery", "support"]
