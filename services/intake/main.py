"""The intake service: `uvicorn --factory services.intake.main:app`."""

from fastapi import FastAPI

from services.intake.api import router
from services.intake.handlers import HANDLERS
from services.intake.models import Base
from services.intake.registers.topic import UPDATES
from services.intake.tick import sweep_incoming
from shared.contracts.pushes import TOPIC
from shared.runtime import Service
from shared.web.app import create_app

service = Service("intake", "项目储备与申报", Base.metadata, router, HANDLERS, sweep_incoming, {TOPIC: UPDATES})


def app() -> FastAPI:
    """The application on its own, with settings from the environment."""
    return create_app(service)
