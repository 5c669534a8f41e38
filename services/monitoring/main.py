"""The monitoring service: `uvicorn --factory services.monitoring.main:app`."""

from fastapi import FastAPI

from services.monitoring.access import ACCESS
from services.monitoring.api import router
from services.monitoring.api.tags import TAGS
from services.monitoring.gauges import GAUGES
from services.monitoring.handlers import HANDLERS
from services.monitoring.models import Base
from services.monitoring.papers import PAPERS
from services.monitoring.rules.code_lists import CODE_LISTS
from services.monitoring.scheduled import run_scheduled
from services.monitoring.sealed import SEALS
from services.monitoring.series import SERIES
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.duties import read_duties

service = Service(
    "monitoring",
    "跟踪监测与评价",
    Base.metadata,
    router,
    HANDLERS,
    run_scheduled,
    access=ACCESS,
    gauges=GAUGES,
    code_lists=CODE_LISTS,
    tags=TAGS,
    duties=read_duties(__package__),
    seals=SEALS,
    papers=PAPERS,
    series=SERIES,
)


def app() -> FastAPI:
    """Return the application, with settings from the environment."""
    return create_app(service)
