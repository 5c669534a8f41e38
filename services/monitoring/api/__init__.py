"""HTTP of monitoring, by subject."""

from services.monitoring.api import (
    credit,
    credit_lists,
    credit_repairs,
    evaluation,
    files,
    findings,
    green,
    inspections,
    overview,
    quarters,
    readings,
)
from shared.attachments import api as attachments
from shared.figures import entering
from shared.figures import reading as figures
from shared.web.routing import joined

SUBJECTS = (
    overview,
    files,
    quarters,
    readings,
    inspections,
    findings,
    evaluation,
    credit,
    credit_lists,
    credit_repairs,
    green,
    attachments,
    figures,
    entering,
)
router = joined(*(subject.router for subject in SUBJECTS), readings.pushes)
