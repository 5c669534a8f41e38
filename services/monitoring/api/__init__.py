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
from shared.web.routing import joined
from shared.web.series import entering

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
    entering,
)
router = joined(*(subject.router for subject in SUBJECTS), readings.pushes)
