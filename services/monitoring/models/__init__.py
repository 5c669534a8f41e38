"""Tables of monitoring: funded projects, what they report, what is measured and found, how they end, and credit."""

from services.monitoring.models import credit, evaluation, files, green, inspections, quarters, readings
from services.monitoring.models.base import Base

__all__ = ["Base", "credit", "evaluation", "files", "green", "inspections", "quarters", "readings"]
