"""The pages in Chromium, where it is installed: their policy forbids nothing that they need."""

import asyncio
import shutil
from pathlib import Path

import pytest

from deploy.local.listeners import bind
from deploy.local.servers import served
from tests.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# page: what its scripts or styles must have made of it
PAGES = {"/docs": 'class="opblock', "/docs/events": "</table>", "/problems/stale": "处理办法"}


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_drawn_and_breaks_no_policy(world: World, path: str, tmp_path: Path) -> None:
    listener = bind("127.0.0.1", 0)
    with listener:
        async with served({"intake": world.apps["intake"]}, {"intake": listener}, drain_seconds=1):
            address = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
            document, messages = await _drawn(address, tmp_path)
    world.instances["intake"].draining.clear()
    assert PAGES[path] in document, messages[-2000:]
    assert [line for line in messages.splitlines() if "Content Security Policy" in line] == []


async def _drawn(address: str, folder: Path) -> tuple[str, str]:
    """Return the document after its scripts ran, and what the console said."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--enable-logging=stderr"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM), *options, "--virtual-time-budget=20000", "--dump-dom", address, stdout=pipe, stderr=pipe
    )
    async with asyncio.timeout(90):
        document, messages = await process.communicate()
    return document.decode(), messages.decode()
