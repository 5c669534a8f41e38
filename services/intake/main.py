"""The intake service: `uvicorn --factory services.intake.main:app`."""

from fastapi import FastAPI

from services.intake.access import ACCESS
from services.intake.api import router
from services.intake.api.tags import TAGS
from services.intake.gauges import GAUGES
from services.intake.handlers import HANDLERS
from services.intake.models import Base
from services.intake.papers import PAPERS
from services.intake.registers.topic import UPDATES
from services.intake.retention import RULES
from services.intake.rules.code_lists import CODE_LISTS
from services.intake.sealed import SEALS
from services.intake.series import SERIES
from shared.contracts.pushes import TOPIC
from shared.runtime import Service
from shared.web.app import create_app
from shared.web.duties import read_duties

service = Service(
    "intake",
    "项目储备与申报",
    Base.metadata,
    router,
    HANDLERS,
    inbound_topics={TOPIC: UPDATES},
    access=ACCESS,
    gauges=GAUGES,
    code_lists=CODE_LISTS,
    tags=TAGS,
    duties=read_duties(__package__),
    seals=SEALS,
    papers=PAPERS,
    series=SERIES,
    retention=RULES,
    files_area="",
)


def app() -> FastAPI:
    """Return the application of this service alone, with settings from the environment."""
    return create_app(service)
