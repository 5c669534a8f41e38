"""Checkpoints for everybody, and proofs of records: who gets one, and that the example verifies it by itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Uuid

from services import SERVICES, load
from shared.actors import ROLES
from shared.settings import ROOT
from tests.funding import case as funding_case
from tests.sealing import seal
from tests.world import World

EXAMPLE = ROOT / "examples" / "verify_proof.py"


async def _approved(world: World) -> str:
    await seal(world)
    await funding_case.appropriate(world)
    application = await funding_case.approved(world)
    await world.settle()
    return f"/v1/proofs/approval/{application}"


async def _public_key(world: World, service: str) -> str:
    answer = (await world.call(service, "GET", "/v1/checkpoints", None, status=200)).json()
    return next(str(key) for key in answer["public_keys"] if key.startswith(f"tenghuan/{service}+"))


def _verified(folder: Path, proof: dict[str, Any], key: str, *checkpoint: str) -> subprocess.CompletedProcess[str]:
    (folder / "proof.json").write_text(json.dumps(proof), "utf-8")
    arguments: list[str | Path] = [sys.executable, EXAMPLE, folder / "proof.json", key, *checkpoint]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


async def test_an_approval_is_proved_to_its_applicant_and_the_example_verifies_it(world: World, tmp_path: Path) -> None:
    path = await _approved(world)
    assert (await world.get("funding", path, world.owner(), 409))["code"] == "not_sealed"
    await seal(world, "funding")
    proof = await world.get("funding", path, world.owner())
    key = await _public_key(world, "funding")

    done = _verified(tmp_path, proof, key)
    assert done.returncode == 0, done.stderr
    assert "TRUE" in done.stdout
    sealed = json.loads(proof["content"])
    assert sealed["kind"] == "funding.approval"
    assert sealed["row"]["award_yuan"] > 0
    # Handlers are named to nobody who has no salt.
    assert "supervisor" not in proof["content"]
    assert proof["salts"] is None
    assert set((await world.get("funding", path, "auditor-1"))["salts"]) == {
        "approved_by",
        "first_signed_by",
        "justification",
    }

    amount = proof["content"].replace('"award_yuan": ', '"award_yuan": 1')
    for damaged in ({"content": amount}, {"index": proof["index"] + 1}, {"path": proof["path"][1:]}):
        assert _verified(tmp_path, {**proof, **damaged}, key).returncode != 0
    assert _verified(tmp_path, proof, await _public_key(world, "intake")).returncode != 0


async def test_a_proof_is_for_those_who_see_the_record(world: World) -> None:
    path = await _approved(world)
    await seal(world, "funding")
    stranger = world.owner("91110000802100433B", "另一示例置业有限公司")
    assert (await world.get("funding", path, stranger, 404))["code"] == "not_found"
    assert (await world.get("funding", path, "inspector-1", 403))["code"] == "forbidden"
    assert (await world.call("funding", "GET", path, None)).status_code == 401
    unknown = await world.get("funding", path.replace("approval", "hold"), "auditor-1", 404)
    assert "approval" in unknown["detail"]


async def test_checkpoints_are_open_to_everybody_also_those_held_of_others(world: World) -> None:
    await _approved(world)
    await seal(world)
    await world.settle()
    answer = (await world.call("intake", "GET", "/v1/checkpoints", None, status=200)).json()
    assert "tenghuan/funding" in {each["origin"] for each in answer["held"]}
    assert "tenghuan/intake" not in {each["origin"] for each in answer["held"]}
    assert {key.partition("+")[0] for key in answer["public_keys"]} == {f"tenghuan/{name}" for name in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_what_may_be_proved_is_sealed(service: str) -> None:
    seals = load(service).seals
    assert {f"{service}.{kind}" for kind in seals.provable} <= set(seals.by_kind())


@pytest.mark.parametrize("service", SERVICES)
def test_what_may_be_proved_is_found_by_one_uuid_and_by_people(service: str) -> None:
    """Compare with the operation, whose path holds one UUID and which admits no system."""
    loaded = load(service)
    for kind, roles in loaded.seals.provable.items():
        (key,) = loaded.seals.by_kind()[f"{service}.{kind}"].key
        (table,) = (each for each in loaded.metadata.tables.values() if each.name == kind)
        assert isinstance(table.c[key].type, Uuid), kind
        assert set(roles) < set(ROLES) - {"system"}, kind


def test_the_example_is_short_and_needs_only_one_library() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    assert len(lines) <= 60
    imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
