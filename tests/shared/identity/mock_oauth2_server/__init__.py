"""The identity provider `mock-oauth2-server`, run with Java: discovery, keys by address, access tokens of clients."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.local.kafka.jars import KEPT, jars, java
from deploy.local.ports import free_port

_POM = Path(__file__).with_name("pom.xml")
_MAIN = "no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt"
_START_SECONDS = 60.0
ISSUER = "office"


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    port: int

    @property
    def issuer(self) -> str:
        """Return the value of `iss` in its tokens."""
        return f"http://localhost:{self.port}/{ISSUER}"

    def discovered(self) -> dict[str, Any]:
        """Return its discovery document."""
        found: dict[str, Any] = httpx.get(f"{self.issuer}/.well-known/openid-configuration", trust_env=False).json()
        return found

    def token(self, client: str) -> str:
        """Return an access token of a client, for which the configuration names the claims."""
        form = {"grant_type": "client_credentials", "scope": "tenghuan", "client_id": client, "client_secret": "any"}
        answer = httpx.post(self.discovered()["token_endpoint"], data=form, trust_env=False)
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def provider(
    clients: Mapping[str, Mapping[str, Any]],
    folder: Path,
    *,
    port: int = 0,
    algorithm: str = "RS256",
    key: Mapping[str, Any] | None = None,
    seconds: int = 600,
) -> Iterator[Provider]:
    """Run a provider that gives each client a token with these claims, valid for so many seconds."""
    mappings = [
        {"requestParam": "client_id", "match": client, "claims": claims, "typeHeader": "JWT"}
        for client, claims in clients.items()
    ]
    signing = {"algorithm": algorithm, **({} if key is None else {"initialKeys": json.dumps(key)})}
    config = {
        "tokenProvider": {"keyProvider": signing},
        "tokenCallbacks": [{"issuerId": ISSUER, "tokenExpiry": seconds, "requestMappings": mappings}],
    }
    running = Provider(port or free_port())
    known = {"JSON_CONFIG": json.dumps(config), "SERVER_PORT": str(running.port), "SERVER_HOSTNAME": "localhost"}
    program = [java(), "-XX:TieredStopAtLevel=1", "-cp", f"{jars(KEPT, _POM, 'mock-oauth2-server')}/*", _MAIN]
    with (
        (folder / "provider.log").open("ab") as log,
        subprocess.Popen(program, env=os.environ | known, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(running, process, folder / "provider.log")
            yield running
        finally:
            process.kill()


def _wait(running: Provider, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the provider answers. Raises AssertionError with its log if it ended."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            running.discovered()
        except (httpx.TransportError, ValueError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
