"""HTTPS with a certificate made on the spot, and the settings with which a process does not start."""

import asyncio
import shutil
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.local.kafka.certificates import make
from deploy.local.listeners import address, bind
from deploy.local.servers import served
from deploy.local.tls import Unprotected, check_exposure, is_local, scheme
from shared.settings import Settings
from tests.world import World


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make an authority and a certificate for 127.0.0.1; `node.pem` holds key and certificate."""
    folder = tmp_path / "tls"
    make(folder, datetime.now(UTC))  # noqa: TID251 - the validity of a certificate is checked by wall time
    return folder


async def test_a_service_answers_over_tls_and_in_no_other_way(world: World, certificate: Path) -> None:
    world.settings.tls_certificate_file = world.settings.tls_key_file = certificate / "node.pem"
    check_exposure(world.settings)
    listener = bind("127.0.0.1", 0)
    async with served({"intake": world.apps["intake"]}, {"intake": listener}):
        base = address(listener, scheme(world.settings))
        async with httpx.AsyncClient(base_url=base, verify=trusting(certificate), trust_env=False) as client:
            answer = await client.get("/v1/me", headers={"authorization": f"Bearer {world.token('auditor-1')}"})
        assert (answer.status_code, answer.json()["subject"]) == (200, "auditor-1")
        assert "strict-transport-security" in answer.headers
        async with httpx.AsyncClient(trust_env=False) as client:
            for refused in (base, base.replace("https", "http")):
                with pytest.raises(httpx.TransportError):
                    await client.get(refused)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        async with httpx.AsyncClient(verify=old, trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(base)


def presents(base: str, expected: Path) -> bool:
    """Return whether a server presents this certificate."""
    return ssl.get_server_certificate(("127.0.0.1", int(base.rsplit(":", 1)[1]))) in expected.read_text()


async def until_presented(base: str, expected: Path) -> None:
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(presents, base, expected):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)


async def test_a_renewed_certificate_is_served_without_a_restart_and_one_that_does_not_fit_is_not(
    world: World, certificate: Path, tmp_path: Path
) -> None:
    make(tmp_path / "renewed", datetime.now(UTC))  # noqa: TID251 - the validity of a certificate is checked by wall time
    chain, key, renewed = certificate / "node.pem", tmp_path / "key.pem", tmp_path / "renewed" / "node.pem"
    first = tmp_path / "first.pem"
    for copy in (key, first):
        shutil.copy(chain, copy)
    world.settings.tls_certificate_file, world.settings.tls_key_file = chain, key
    world.settings.tls_check_seconds = 0.02
    listener = bind("127.0.0.1", 0)
    async with served({"intake": world.apps["intake"]}, {"intake": listener}):
        base = address(listener, "https")
        async with httpx.AsyncClient(base_url=base, verify=trusting(certificate), trust_env=False) as client:
            assert (await client.get("/livez")).status_code == 200
            with capture_logs() as lines:
                shutil.copy(renewed, chain)  # without its key yet
                async with asyncio.timeout(10):
                    while not lines:  # noqa: ASYNC110 - the log offers no event
                        await asyncio.sleep(0.02)
            assert lines[0]["event"] == "the changed certificate is not used"
            await until_presented(base, first)
            shutil.copy(renewed, key)
            await until_presented(base, renewed)
            assert (await client.get("/livez")).status_code == 200  # over the connection of before
        async with httpx.AsyncClient(base_url=base, verify=trusting(tmp_path / "renewed"), trust_env=False) as client:
            assert (await client.get("/livez")).status_code == 200


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "ca.pem"))


@pytest.mark.parametrize(
    ("host", "changed", "said"),
    [
        ("127.0.0.1", {}, None),
        ("::1", {}, None),
        ("localhost", {}, None),
        ("0.0.0.0", {}, "TENGHUAN_TLS_CERTIFICATE_FILE"),
        ("::", {}, "TENGHUAN_TLS_CERTIFICATE_FILE"),
        ("10.0.0.5", {}, "TENGHUAN_TRUSTED_PROXIES"),
        ("office.example.invalid", {}, "TENGHUAN_TRUSTED_PROXIES"),
        ("0.0.0.0", {"trusted_proxies": ["10.0.0.1"]}, None),
        ("0.0.0.0", {"tls_certificate_file": "node.pem", "tls_key_file": "node.pem"}, None),
        ("127.0.0.1", {"tls_certificate_file": "node.pem"}, "both"),
        ("127.0.0.1", {"tls_key_file": "node.pem"}, "both"),
        ("127.0.0.1", {"tls_certificate_file": "ca.pem", "tls_key_file": "ca.pem"}, "do not fit"),
        ("127.0.0.1", {"tls_certificate_file": "none.pem", "tls_key_file": "none.pem"}, "do not fit"),
    ],
)
def test_what_would_send_tokens_in_clear_does_not_start(
    certificate: Path, host: str, changed: dict[str, Any], said: str | None
) -> None:
    placed = {name: certificate / value if isinstance(value, str) else value for name, value in changed.items()}
    settings = Settings.model_validate({"host": host, **placed})
    if said is None:
        check_exposure(settings)
    else:
        with pytest.raises(Unprotected, match=said):
            check_exposure(settings)


@pytest.mark.parametrize(("host", "local"), [("127.0.0.2", True), ("localhost.example.invalid", False), ("", False)])
def test_which_hosts_are_of_this_machine(host: str, *, local: bool) -> None:
    assert is_local(host) is local
