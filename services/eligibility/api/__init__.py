"""HTTP of eligibility, by subject."""

from services.eligibility.api import (
    assessments,
    dry_run,
    pictures,
    policy,
    pool,
    programmes,
    reviews,
    scoring,
    settlements,
    standards,
    what_if,
)
from shared.attachments import api as attachments
from shared.figures import entering, reading, recomputing
from shared.web.routing import joined

SUBJECTS = (
    assessments,
    pictures,
    reviews,
    settlements,
    scoring,
    pool,
    standards,
    programmes,
    dry_run,
    policy,
    what_if,
    attachments,
    reading,
    entering,
    recomputing,
)
router = joined(*(subject.router for subject in SUBJECTS))
