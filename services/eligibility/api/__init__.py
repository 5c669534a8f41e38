"""HTTP of eligibility, by subject."""

from services.eligibility.api import assessments, dry_run, policy, pool, review, scoring, standards, what_if
from shared.web.routing import joined

SUBJECTS = (assessments, review, scoring, pool, standards, dry_run, policy, what_if)
router = joined(*(subject.router for subject in SUBJECTS))
