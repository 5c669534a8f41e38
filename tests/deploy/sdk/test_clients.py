"""The generated clients are complete, compile, and the Python client files a declaration."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.sdk.__main__ import write_sdk
from deploy.sdk.typescript_client import check_typescript
from services import SERVICES
from shared.settings import ROOT
from tests.intake.sample_declarations import DRAFT, content
from tests.world import World

pytestmark = pytest.mark.clients
CALLS = Path(__file__).with_name("typed_calls.ts")


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder that `make sdk` writes, with the Python package importable."""
    folder = tmp_path_factory.mktemp("sdk")
    write_sdk(folder)
    sys.path.insert(0, str(folder / "python"))
    yield folder
    sys.path.remove(str(folder / "python"))


def operation_ids(folder: Path, service: str) -> set[str]:
    document = json.loads((folder / "openapi" / f"{service}.json").read_text())
    return {operation["operationId"] for path in document["paths"].values() for operation in path.values()}


@pytest.mark.parametrize("service", SERVICES)
def test_both_clients_have_every_operation(sdk: Path, service: str) -> None:
    expected = operation_ids(sdk, service)
    modules = (sdk / "python" / "tenghuan_client" / service / "api").glob("*/*.py")
    assert {module.stem for module in modules} - {"__init__"} == expected
    typescript = (sdk / "typescript" / f"{service}.ts").read_text()
    assert set(re.findall(r'operations\["(\w+)"\]', typescript)) == expected


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_with_content_is_typed(sdk: Path, service: str) -> None:
    without_content = {
        "revoke_api_key", "remove_material", "keep_out", "withdraw_agent", "enter_person", "close_person",
    }  # fmt: skip
    for path in (sdk / "python" / "tenghuan_client" / service / "api").glob("*/*.py"):
        untyped = re.search(r"Response\[(Any \| )?Problem\]:", path.read_text()) is not None
        assert untyped == (path.stem in without_content), path


def test_the_python_client_passes_mypy(sdk: Path) -> None:
    cache = ROOT / "build" / "tools" / "mypy"
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "-p", "tenghuan_client"]
    run = subprocess.run(command, cwd=sdk / "python", capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_calls_that_fit_the_types_compile_and_mistakes_do_not(sdk: Path) -> None:
    shutil.copy(CALLS, sdk / "typescript")
    check_typescript(sdk / "typescript")


async def test_the_python_client_files_submits_and_reads_a_declaration(sdk: Path, world: World) -> None:
    intake = importlib.import_module("tenghuan_client.intake")
    models = importlib.import_module("tenghuan_client.intake.models")
    transport = httpx.ASGITransport(app=world.apps["intake"])
    client = intake.AuthenticatedClient(
        "http://intake.test", world.token(world.owner()), httpx_args={"transport": transport}
    )
    keys = iter(f"sdk-{number}" for number in range(100))

    async def call(module: str, *arguments: Any, **named: Any) -> Any:
        """Return the parsed answer of a call of the generated client."""
        function = importlib.import_module(f"tenghuan_client.intake.api.{module}").asyncio
        return await function(*arguments, client=client, **named)

    async def act(module: str, *arguments: Any, **named: Any) -> Any:
        return await call(module, *arguments, idempotency_key=next(keys), **named)

    async with client:
        created = await act("declarations.create_declaration", body=models.DeclarationDraft.from_dict(DRAFT))
        assert isinstance(created.id, UUID)
        refused = await act("declarations.submit_declaration", created.id, if_match=f'"{created.version}"')
        assert (type(refused).__name__, refused.status) == ("Problem", 422)
        edit = models.DeclarationEdit.from_dict({"address": "北京市朝阳区示例路2号"})
        edited = await call("declarations.edit_declaration", created.id, body=edit, if_match=f'"{created.version}"')
        assert edited.address == "北京市朝阳区示例路2号"
        types = importlib.import_module("tenghuan_client.intake.types")
        for line in (await call("declarations.read_checklist", created.id)).items:
            if line.state == "missing" and line.provider == "applicant" and not line.online:
                file = types.File(payload=content())
                kept = await act(
                    "declarations.upload_material", created.id, body=file, kind=line.code, filename="材料.pdf"
                )
                assert kept.kind == line.code
        text = await call("undertakings.read_current_undertaking")
        now = await call("declarations.read_declaration", created.id)
        agreed = models.Undertake(version=text.version, agree=True)
        await act("declarations.undertake", created.id, body=agreed, if_match=f'"{now.version}"')
        now = await call("declarations.read_declaration", created.id)
        submitted = await act("declarations.submit_declaration", created.id, if_match=f'"{now.version}"')
        assert submitted.stage == "submitted"
        read = await call("declarations.read_declaration", created.id)
        assert (read.stage, read.project_name, read.version) == ("submitted", DRAFT["project_name"], submitted.version)
