"""Tables of monitoring: project files, quarters, readings, inspections, evaluations, credit, green records."""

from services.monitoring.models import credit, evaluation, files, green, inspections, quarters, readings
from services.monitoring.models.base import Base

__all__ = ["Base", "credit", "evaluation", "files", "green", "inspections", "quarters", "readings"]
