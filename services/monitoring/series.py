"""Dated figures of monitoring: factors of energy and carbon; copies of the policy figures."""

from shared.contracts.monitoring import FactorFiguresConfirmed
from shared.events.series import SeriesDuty

SERIES = SeriesDuty(
    owns=("factor",),
    reads=("parameter", "industry", "interpretation", "calendar", "edition", "industry_class", "industry_restriction"),
    announcement=FactorFiguresConfirmed,
)
