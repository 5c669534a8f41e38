"""Limits of what officers write on a declaration: numbers of points, lengths of texts, forms of codes (三（一）)."""

from typing import Any

import pytest

from tests.intake import sample_declarations
from tests.intake.sample_declarations import OFFICER, RETURN, SUPERVISOR
from tests.world import World

pytestmark = pytest.mark.clause("三（一）")

REASON: dict[str, Any] = RETURN["reasons"][0]
FINDING = {"thing": "materials", "outcome": "pass", "evidence": "齐全"}


def reasons(many: int, **changed: Any) -> dict[str, Any]:
    return {"reasons": [REASON | changed] * many}


def refusal(clauses: int, reason: str = "面积不足") -> dict[str, Any]:
    return {"clauses": ["二（一）1"] * clauses, "reason": reason}


LIMITS: list[tuple[str, dict[str, Any], int]] = [
    ("return", reasons(0), 422),
    ("return", reasons(1), 200),
    ("return", reasons(50), 200),
    ("return", reasons(51), 422),
    ("return", reasons(1, code="a" + "b" * 63), 200),
    ("return", reasons(1, code="a" + "b" * 64), 422),
    ("return", reasons(1, code="Area"), 422),
    ("return", reasons(1, code="1st"), 422),
    ("return", reasons(1, explanation="字" * 4000), 200),
    ("return", reasons(1, how_to_fix="字" * 4001), 422),
    ("return", reasons(1, subject="字" * 201), 422),
    ("return", reasons(1, clause=" "), 422),
    ("refuse", refusal(0), 422),
    ("refuse", refusal(1), 200),
    ("refuse", refusal(20), 200),
    ("refuse", refusal(21), 422),
    ("refuse", refusal(1, " "), 422),
    ("refuse", refusal(1, "字" * 4001), 422),
    ("first-review", {"findings": []}, 422),
    ("first-review", {"findings": [FINDING] * 5}, 200),
    ("first-review", {"findings": [FINDING] * 6}, 422),
    ("first-review", {"findings": [FINDING | {"evidence": "字" * 4001}]}, 422),
    ("first-review", {"findings": [FINDING | {"outcome": "maybe"}]}, 422),
    ("first-review", {"findings": [FINDING | {"thing": "opinion"}]}, 422),
]
"""Act, body and answer on an accepted declaration."""


async def test_the_limits_of_what_an_officer_writes(world: World) -> None:
    case = (await sample_declarations.draft(world))["id"]
    found = []
    for act, body, _ in LIMITS:
        await world.database.admin.execute("UPDATE intake.declaration SET stage = 'accepted', round = 1, version = 1")
        method, path = "PUT" if act == "first-review" else "POST", f"/v1/declarations/{case}/{act}"
        answer = await world.call("intake", method, path, OFFICER, body, if_match='"1"')
        found.append((act, body, answer.status_code))
    assert found == LIMITS


async def test_who_may_act_is_checked_for_every_role(world: World) -> None:
    """Try each act as a supervisor, the government, the city and another district's officer."""
    case = (await sample_declarations.draft(world))["id"]
    await world.database.admin.execute("UPDATE intake.declaration SET stage = 'accepted', round = 1")
    for act, body in (("return", reasons(1)), ("refuse", refusal(1)), ("request-opinion", None)):
        path = f"/v1/declarations/{case}/{act}"
        for who, status in ((SUPERVISOR, 403), ("110105-government", 403), ("city-officer-1", 403)):
            await world.call("intake", "POST", path, who, body, status=status)
        await world.call("intake", "POST", path, "110106-officer-1", body, status=404)
