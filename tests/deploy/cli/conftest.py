"""Fixtures of the operator's commands: a lasting suite, the command's clock, handlers that record."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, cast

import pytest

from services.eligibility.main import service as eligibility
from services.monitoring.main import service as monitoring
from shared.clock import Clock
from shared.contracts.intake import DeclarationWithdrawn
from tests.conftest import LastingWorld
from tests.deploy.cli.audit import COMMAND_AT
from tests.deploy.operator_commands import WithdrawalLog
from tests.world import World


@pytest.fixture
def withdrawals(monkeypatch: pytest.MonkeyPatch) -> WithdrawalLog:
    """Let the commands' consumers of monitoring and eligibility record withdrawals."""
    listener = WithdrawalLog()
    for service in (monitoring, eligibility):
        monkeypatch.setitem(cast("dict[Any, Any]", service.handlers), DeclarationWithdrawn, listener.note)
    return listener


@pytest.fixture
async def world(
    withdrawals: WithdrawalLog, lasting_world: LastingWorld, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Return the suite, with a command clock that stands at COMMAND_AT."""
    monkeypatch.setattr("deploy.cli.operation.Clock", partial(Clock, COMMAND_AT))
    yield await lasting_world.lend()
    await lasting_world.take_back()
