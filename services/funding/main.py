"""Funding service: `uvicorn --factory services.funding.main:app`."""

from fastapi import FastAPI

from services.funding.access import ACCESS
from services.funding.api import router
from services.funding.api.tags import TAGS
from services.funding.gauges import GAUGES
from services.funding.handlers import HANDLERS
from services.funding.ledger.job import JOBS
from services.funding.models import Base
from services.funding.papers import PAPERS
from services.funding.rules.code_lists import CODE_LISTS
from services.funding.scheduled import run_scheduled
from services.funding.sealed import SEALS
from services.funding.series import SERIES
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.duties import read_duties

service = Service(
    "funding",
    "资金管理",
    Base.metadata,
    router,
    HANDLERS,
    schemas=("funding_ledger",),
    jobs=JOBS,
    gauges=GAUGES,
    tick=run_scheduled,
    access=ACCESS,
    code_lists=CODE_LISTS,
    tags=TAGS,
    duties=read_duties(__package__),
    seals=SEALS,
    papers=PAPERS,
    series=SERIES,
)


def app() -> FastAPI:
    """Return the application with settings from the environment."""
    return create_app(service)
