"""Migrate, start and call the services of this project: `python -m tests.deploy.smoke DATABASE_URL`.

The last line of its output is a JSON object: by service, the status of each list that an auditor reads over HTTP.
"""

import asyncio
import json
import sys
import tempfile
from typing import Any

import httpx
from pydantic import SecretStr

from deploy.demo.personas import PEOPLE, Signer
from deploy.local.listeners import address, bind_all
from deploy.local.servers import apps_of, served, suite
from services import load_all
from shared.clock import Clock
from shared.events.bus.inprocess import InProcessBus
from shared.settings import Settings
from shared.storage.migrate import upgrade


def plain_lists(document: dict[str, Any]) -> list[str]:
    """Return the paths that answer GET with JSON and need no parameter."""
    return [
        path
        for path, operations in document["paths"].items()
        if "{" not in path
        and "application/json" in operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        and not any(parameter.get("required") for parameter in operations["get"].get("parameters", ()))
    ]


async def statuses(base: str, token: str) -> dict[str, int]:
    """Return the status of the health check and of each plain list."""
    async with httpx.AsyncClient(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=30) as client:
        document = (await client.get("/openapi.json")).raise_for_status().json()
        paths = ["/readyz", *plain_lists(document)]
        return {path: (await client.get(path)).status_code for path in paths}


async def smoke(database_url: str) -> dict[str, dict[str, int]]:
    """Migrate and serve all services of this project, run each service's tick, and call each over HTTP."""
    signer, clock = Signer(), Clock()
    with tempfile.TemporaryDirectory(prefix="tenghuan-") as folder:
        settings = Settings.model_validate(
            {
                "database_url": database_url,
                "data_dir": folder,
                "jwt_keys": SecretStr(signer.jwks()),
            }
        )
        await upgrade(settings, load_all())
        token = signer.token(PEOPLE["auditor-1"], settings, clock.now())
        listeners = bind_all("127.0.0.1", 0)
        async with suite(settings, clock, InProcessBus()) as instances, served(apps_of(instances), listeners):
            for instance in instances.values():
                await instance.tick()
            return {name: await statuses(address(listeners[name]), token) for name in instances}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(smoke(*sys.argv[1:]))))
