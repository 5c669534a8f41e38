"""Dated figures of funding: the LPR; copies of the policy figures."""

from shared.contracts.funding import RateFiguresConfirmed
from shared.events.series import SeriesDuty

SERIES = SeriesDuty(
    owns=("lpr",),
    reads=("parameter", "industry", "interpretation", "calendar", "edition"),
    announcement=RateFiguresConfirmed,
)
