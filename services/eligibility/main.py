"""The eligibility service: `uvicorn --factory services.eligibility.main:app`."""

from fastapi import FastAPI

from services.eligibility.access import ACCESS
from services.eligibility.api import router
from services.eligibility.api.tags import TAGS
from services.eligibility.handlers import HANDLERS
from services.eligibility.models import Base
from services.eligibility.papers import PAPERS
from services.eligibility.rules.code_lists import CODE_LISTS
from services.eligibility.sealed import SEALS
from services.eligibility.series import SERIES
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.duties import read_duties

service = Service(
    "eligibility",
    "政策审核与入库评估",
    Base.metadata,
    router,
    HANDLERS,
    access=ACCESS,
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
