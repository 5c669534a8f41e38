"""Tokens of the demonstration's personas by the operator's command, and only where a demonstration is."""

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.demo.directory import OWN_PROJECT, directory
from deploy.demo.personas import SIGNING_KEY, Signer
from deploy.demo.story.projects import CASES
from shared.districts import DISTRICTS
from shared.identifiers import validate_uscc
from tests.world import World


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """Create a data folder with the key of a demonstration."""
    made = Signer()
    (tmp_path / SIGNING_KEY).write_text(made.private_jwk())
    return made


def invoked(folder: Path, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TENGHUAN_DATA_DIR": str(folder), **settings})


def test_a_token_is_signed_by_the_demonstrations_key(signer: Signer, tmp_path: Path) -> None:
    result = invoked(tmp_path, "token", "110102-officer-1")
    claims = jwt.decode(result.stdout.strip(), KeySet([signer.key]), algorithms=["Ed25519"]).claims
    assert (result.exit_code, claims["sub"], claims["district"]) == (0, "110102-officer-1", "110102")


async def test_a_service_accepts_it(world: World) -> None:
    entry = directory()[OWN_PROJECT]
    made = await world.post("intake", "/v1/declarations", entry.persona, {
        "project_name": "自选项目", "applicant_name": "示例自选项目有限公司", "applicant_uscc": entry.persona.uscc,
        "district": "110102", "simulated": ["*"],
    }, status=201)  # fmt: skip
    assert made["stage"] == "draft"


def test_where_no_demonstration_is_it_refuses(tmp_path: Path) -> None:
    result = invoked(tmp_path, "token", OWN_PROJECT)
    assert (result.exit_code, result.stdout, "make run" in result.stderr) == (1, "", True)


def test_where_another_issuer_is_set_it_refuses(signer: Signer, tmp_path: Path) -> None:
    other = invoked(tmp_path, "token", OWN_PROJECT, TENGHUAN_JWT_KEYS=Signer().jwks())
    assert (other.exit_code, other.stdout, "another issuer" in other.stderr) == (1, "", True)
    assert invoked(tmp_path, "token", OWN_PROJECT, TENGHUAN_JWT_KEYS=signer.jwks()).exit_code == 0


def test_an_unknown_persona_is_wrong_usage_and_no_token_is_printed(signer: Signer, tmp_path: Path) -> None:
    result = invoked(tmp_path, "token", OWN_PROJECT, "nobody")
    assert (result.exit_code, result.stdout, "nobody" in result.stderr) == (2, "", True)


def test_several_personas_get_a_line_each_in_their_order(signer: Signer, tmp_path: Path) -> None:
    names = ["110102-officer-2", "110102-officer-1"]
    tokens = invoked(tmp_path, "token", *names).stdout.splitlines()
    assert [jwt.decode(each, KeySet([signer.key]), algorithms=["Ed25519"]).claims["sub"] for each in tokens] == names


def test_every_role_and_district_and_owner_is_listed(tmp_path: Path) -> None:
    rows = json.loads(invoked(tmp_path, "personas", "--format", "json").stdout)
    assert {row["district"] for row in rows} == {None, *(district.name for district in DISTRICTS.values())}
    assert len([row for row in rows if row["uscc"]]) == len(CASES) + 1
    assert all(validate_uscc(row["uscc"]) for row in rows if row["uscc"])
    assert all(row["purpose"] for row in rows)
