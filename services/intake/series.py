"""Dated figures that intake reads: copies of the policy figures."""

from shared.events.series import SeriesDuty

SERIES = SeriesDuty(
    reads=("parameter", "industry", "interpretation", "calendar", "edition", "industry_class", "industry_restriction")
)
