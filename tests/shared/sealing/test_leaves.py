"""Leaves: what they show and hide, and erasing a person, which keeps the proofs."""

import json
from dataclasses import replace

import pytest

from shared.sealing.leaves import Leaf, Row, content, digests_of, fresh_salts, hash_of, matches
from tests.funding import case as funding_case
from tests.sealing import found, seal, verify
from tests.world import World

NAMES = ("approved_by", "note")
ROW = Row("funding.approval", "k", '{"award_yuan": 100.50}', ("supervisor-1", None), 7)


def leaf_of(row: Row) -> Leaf:
    salts = fresh_salts(row)
    digests = digests_of(row, salts)
    return Leaf(0, 1, row.key, hash_of(row, NAMES, digests, "act/1"), "act/1", salts, digests)


def test_a_leaf_shows_open_columns_and_hides_personal_ones() -> None:
    leaf = leaf_of(ROW)
    shown = content(ROW, NAMES, leaf.digests, "act/1").decode()
    assert json.loads(shown)["row"] == {"award_yuan": 100.5}
    assert '"award_yuan": 100.50' in shown
    assert "supervisor" not in shown
    assert json.loads(shown)["personal"]["note"] is None


def test_two_leaves_of_one_value_have_different_digests() -> None:
    assert leaf_of(ROW).digests != leaf_of(ROW).digests


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, body='{"award_yuan": 100.51}'),
        replace(ROW, key="other"),
        replace(ROW, kind="funding.hold"),
        replace(ROW, personal=("supervisor-2", None)),
        replace(ROW, personal=(None, None)),
        replace(ROW, personal=("supervisor-1", "said")),
    ],
)
def test_every_change_of_a_row_is_seen(changed: Row) -> None:
    leaf = leaf_of(ROW)
    assert matches(ROW, NAMES, leaf)
    assert not matches(changed, NAMES, leaf)
    assert not matches(ROW, NAMES, replace(leaf, rests_on="act/2"))


@pytest.mark.parametrize(("value", "sound"), [(None, True), ("", True), ("已删除", True), ("supervisor-2", False)])
def test_in_place_of_an_erased_value_nothing_may_stand(value: str | None, sound: bool) -> None:
    leaf = replace(leaf_of(ROW), salts=(None, None))
    assert matches(replace(ROW, personal=(value, None)), NAMES, leaf) is sound


ERASE = """
UPDATE funding.seal_leaf SET salts = array_fill(NULL::bytea, ARRAY[cardinality(salts)])
WHERE key = $1 AND layout IN (SELECT id FROM funding.seal_layout WHERE kind = 'funding.approval')
"""


async def test_an_erased_person_leaves_the_proof_of_the_approval_valid(world: World) -> None:
    await seal(world)
    await funding_case.appropriate(world)
    application = str(await funding_case.approved(world))
    await world.settle()
    await seal(world)
    path = f"/v1/proofs/approval/{application}"
    before = await world.get("funding", path, "auditor-1")

    admin = world.database.admin
    await admin.execute("UPDATE funding.approval SET approved_by = '已删除', justification = '已删除'")
    await admin.execute(ERASE, application)
    after = await world.get("funding", path, "auditor-1")
    assert (after["content"], after["path"]) == (before["content"], before["path"])
    assert set(after["salts"].values()) == {None}
    assert (await verify(world, "funding")).faults == []

    await admin.execute("UPDATE funding.approval SET approved_by = 'city-supervisor-9'")
    assert found(await verify(world, "funding")) == {("funding.approval", application, "altered")}
