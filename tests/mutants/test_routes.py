"""Each operator on a small route, answer and act."""

import ast

import pytest

from mutants import routes
from mutants.source import Source
from shared.actors import ROLES

CODE = '''
router = APIRouter(route_class=ActRoute, tags=["x"])


@router.post("/v1/holds", status_code=201, name="hold")
async def hold(session: Session, actor: CityDesk, response: Response, if_match: IfMatch = None) -> HoldOut:
    row = await locked(session, Hold, 1)
    expect_version(row, if_match)
    if row.placed_by == actor.subject:
        raise SameOfficer()
    await record_act(session, "hold", case_of(row), duty="release")
    await emit(session, FundsHeld(ground=row.ground, clause=row.clause, reason=row.reason))
    response.headers["location"] = "/v1/holds"
    return {"id": row.id, "reason": row.reason}


@router.get("/v1/holds", name="list")
async def holds(session: ReadSession, actor: CityOfficer) -> list[HoldOut]:
    """Return all."""


class HoldOut(Shape):
    placed_by: str = Field(title="a")
    lifted_by: str = Field(title="b")


class Held(DomainError):
    status, code, title = 409, "held", "x"
'''


def changes() -> dict[str, list[str]]:
    source = Source("services/funding/api/sample.py", CODE)
    found: dict[str, list[str]] = {}
    for mutant in routes.mutants(source):
        ast.parse(mutant.apply(CODE))
        found.setdefault(mutant.operator, []).append(f"{mutant.where}: {mutant.old} => {mutant.new}")
    return found


@pytest.mark.parametrize(
    ("operator", "change"),
    [
        ("drop_check", "hold: expect_version(row, if_match) => pass"),
        ("drop_guard", "hold: row.placed_by == actor.subject => False"),
        ("drop_duty", 'hold: duty="release" => duty=None'),
        ("other_duty", 'hold: duty="release" => duty="evaluate"'),
        ("drop_header", 'hold: response.headers["location"] = "/v1/holds" => pass'),
        ("other_status", "hold: status_code=201 => status_code=200"),
        ("other_status", "holds:  => status_code=202,"),
        ("other_status", "Held: 409 => 400"),
        ("swap_fields", "hold: row.ground … row.clause => row.clause … row.ground"),
        ("swap_fields", "hold: row.id … row.reason => row.reason … row.id"),
        ("other_field", 'HoldOut:  => , validation_alias="lifted_by"'),
    ],
)
def test_an_operator_changes_its_part(operator: str, change: str) -> None:
    assert change in changes()[operator]


def test_a_session_claims_no_key() -> None:
    assert [change.endswith(".ReadSession") for change in changes()["drop_idempotency"]] == [True]


def test_act_and_event_are_each_left_out() -> None:
    assert len(changes()["drop_effect"]) == 2


def test_a_router_loses_its_route_class() -> None:
    assert changes()["drop_route_class"][0].startswith("router: route_class=ActRoute => ")


@pytest.mark.parametrize(
    ("listed", "added"),
    [(("city_officer", "city_supervisor"), 1), (("finance",), 1), (tuple(ROLES), 0)],
    ids=["two roles", "one role", "all roles"],
)
def test_admissions_gain_swap_and_lose_a_role(listed: tuple[str, ...], added: int) -> None:
    found = dict(routes.role_lists(listed, "key"))
    assert ("add_role" in found) is ("swap_role" in found) is bool(added)
    if added:
        assert set(found["add_role"]) > set(listed)
        assert len(found["swap_role"]) == len(listed)
        assert set(found["swap_role"]) != set(listed)
    assert found.get("drop_role") == (listed[:-1] if len(listed) > 1 else None)


def test_every_named_admission_of_the_product_is_known() -> None:
    assert routes.admissions()["CityDesk"] == ("city_officer", "city_supervisor")
    assert set(routes.admissions()["Official"]) == set(ROLES) - {"applicant", "system"}
