"""The commands of the documents, run in bash as a reader would, give what the documents promise."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from deploy.checks.duty_calls import operation_duties
from deploy.demo.personas import SIGNING_KEY
from deploy.local.listeners import address, bind_all
from deploy.local.servers import served
from shared.actors import system_actor
from shared.settings import ROOT
from shared.storage.tables import act, duty
from tests.deploy.documents import Step, steps
from tests.keys import new_key
from tests.world import World

pytestmark = pytest.mark.skipif(
    not os.environ.get("CI") and not all(map(shutil.which, ("bash", "curl", "jq"))),
    reason="the documents' commands need bash, curl and jq",
)
CHECKED = 'curl() { command curl --fail-with-body "$@"; }\n'
"""A refused request is a failed command."""
END = "--- end of block ---"
"""Printed by the test after each block."""


_ENDLESS = re.compile(r"\bkcat\b|curl -sN|-X security")
"""Commands that follow a stream, or need a broker."""


@pytest.fixture
async def environment(world: World, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Serve the suite on free ports; yield the environment of a reader's shell, with the demonstration's key."""
    (tmp_path / SIGNING_KEY).write_text(world.signer.private_jwk())
    listeners = bind_all("127.0.0.1", 0)
    own = {name: value for name, value in os.environ.items() if not name.startswith("TENGHUAN_")}
    addresses = {name.upper(): address(listener) for name, listener in listeners.items()}
    async with served(world.apps, listeners):
        yield (
            own
            | addresses
            | {
                "TENGHUAN_DATA_DIR": str(tmp_path),
                "NO_PROXY": "127.0.0.1",
                "TOKEN": world.token("city-officer-1"),
            }
        )


async def outputs(told: list[Step], environment: dict[str, str]) -> list[str]:
    """Run shell blocks in one bash; return what each printed. Fails at the first failed command."""
    script = CHECKED + "".join(f"{step.commands}\necho '{END}'\n" for step in told)
    bash = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, cwd=ROOT, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, errors = await asyncio.wait_for(bash.communicate(), 240)
    assert (bash.returncode, errors.decode()) == (0, ""), printed.decode()[-2000:]
    return printed.decode().split(f"{END}\n")[:-1]


async def compare(told: list[Step], environment: dict[str, str]) -> None:
    """Run the blocks and compare the output of each with the promised one."""
    printed = await outputs(told, environment)
    assert len(printed) == len(told)
    for text, step in zip(printed, told, strict=True):
        assert step.output in (None, text), step.commands


async def test_the_documents_commands_print_what_the_documents_promise(
    world: World, environment: dict[str, str]
) -> None:
    for document in ("README.md", "docs/duties.md"):
        await compare(list(steps(document)), environment)
    walk = list(steps("docs/walk.md"))
    setup, rest = walk[:2], walk[2:]
    await compare([*setup, *steps("docs/walk-interest.md"), *rest], environment)
    key = await world.post("intake", "/v1/api-keys", "city-supervisor-1", new_key(writes=True), status=201)
    environment["TENGHUAN_API_KEY"] = key["key"]  # the walk took years, longer than a key lives
    await compare([step for step in steps("docs/integrators.md") if not _ENDLESS.search(step.commands)], environment)
    await compare_duties(world)


async def compare_duties(world: World) -> None:
    """Compare the duties held in the database with those that the published table gives for the acts recorded.

    An act on a plan, or a ground of credit, takes its duty on the cases concerned too.
    """
    certain, possible, held = set(), set(), set()
    for name, instance in world.instances.items():
        taken = operation_duties(name)
        async with instance.database.session(system_actor(name)) as session:
            for row in await session.execute(select(act.c.case_id, act.c.actor, act.c.act)):
                found = {(row.case_id, row.actor, duty) for duty in taken.get(row.act, ())}
                possible |= found
                certain |= found if len(found) == 1 else set()
            held |= {tuple(row) for row in await session.execute(select(duty.c.case_id, duty.c.actor, duty.c.duty))}
    assert certain <= held
    people = {(actor, name) for _, actor, name in held if not actor.startswith("service:")}
    assert people <= {(actor, name) for _, actor, name in possible}
    assert len(held) > 15


def test_the_material_of_the_walk_is_a_valid_pdf() -> None:
    content = (ROOT / "examples" / "walk" / "material.pdf").read_bytes()
    start = int(content.rsplit(b"startxref", 1)[1].split()[0])
    entries = re.findall(rb"(\d{10}) 00000 n", content[start:])
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert content[start:].startswith(b"xref")
    assert [content[int(at) :].split(b" ", 1)[0] for at in entries] == [b"1", b"2", b"3", b"4", b"5"]
