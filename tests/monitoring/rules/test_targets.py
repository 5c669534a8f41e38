"""Tests of the targets of a project. 二（三）"""

from datetime import date
from decimal import Decimal

import pytest

from services.monitoring.rules.targets import targets_of
from tests.monitoring.fixtures import facts

pytestmark = pytest.mark.clause("二（三）1", "二（三）2")

AS_OF = date(2023, 11, 6)


def test_targets_follow_from_facts_and_parameters_in_force() -> None:
    rows = targets_of(facts().model_dump(mode="json"), AS_OF, "110105")
    assert [(row["clause"], row["target"]) for row in rows] == [
        ("二（三）1", Decimal("0.80")),
        ("二（三）1", Decimal("0.70")),
        ("二（三）1", None),
        ("二（三）2", Decimal("0.40")),
        ("二（三）2", Decimal("0.15")),
    ]
    unpublished = targets_of({"components": [{"kind": "factory"}]}, date(2022, 1, 4), "110105")
    assert unpublished[0]["target"] is None
