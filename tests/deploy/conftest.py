"""Fixtures of the operator's tests."""

from typing import Any, cast

import pytest

from services.monitoring.main import service as monitoring
from shared.contracts.intake import DeclarationWithdrawn
from tests.deploy.operator_commands import WithdrawalLog
from tests.shared.events.test_delivery import RecordingConsumer
from tests.world import World


@pytest.fixture
def withdrawals(monkeypatch: pytest.MonkeyPatch) -> WithdrawalLog:
    listener = WithdrawalLog()
    monkeypatch.setitem(cast("dict[Any, Any]", monitoring.handlers), DeclarationWithdrawn, listener.note)
    return listener


@pytest.fixture
def world(withdrawals: WithdrawalLog, fresh_world: World) -> World:
    """Return the suite with a monitoring service that handles withdrawals."""
    return fresh_world


@pytest.fixture
def recorder(world: World) -> RecordingConsumer:
    return RecordingConsumer(world)
