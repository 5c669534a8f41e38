"""Public keys of the identity provider: given by setting, or fetched from its address and kept for a while."""

import asyncio
import json
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared import logs
from shared.errors import DomainError
from shared.settings import LOOPBACK, Settings

log = structlog.get_logger()
RETRY_SECONDS = 30.0
"""Shortest time between two fetches, also for a token that names an unknown key."""
FIRST_RETRY_SECONDS = 2.0
"""The same while no key is known: nobody can sign in."""
STALE_SECONDS = 3600.0
"""Time for which fetched keys count while the provider does not answer."""
_FETCH_SECONDS = 2.0
_SIZE_LIMIT = 256 * 1024
_RSA_BITS = 2048
_KEY_TYPES = ("RSA", "EC", "OKP")


class ProviderUnavailable(DomainError):
    status, code, title = 503, "identity_provider_unavailable", "统一身份认证暂时不可用"


@lru_cache(maxsize=8)
def key_set(text: str) -> KeySet:
    """Return the public keys of a JWK set that may sign tokens.

    Encryption keys, symmetric keys and RSA keys below 2048 bits are left out. Raises ValueError, TypeError, KeyError or
    JoseError if the text is no JWK set, or if no key is left.
    """
    return KeySet.import_key_set({"keys": [key for key in json.loads(text)["keys"] if _may_sign(key)]})


def _may_sign(key: dict[str, Any]) -> bool:
    if key.get("use", "sig") != "sig" or key.get("kty") not in _KEY_TYPES:
        return False
    return key["kty"] != "RSA" or len(key["n"]) * 6 >= _RSA_BITS


def given_keys(settings: Settings) -> str:
    """Return the text of the key set in TENGHUAN_JWT_KEYS, empty if there is none. A changed file applies at once."""
    source = settings.jwt_keys.get_secret_value()
    return source if not source or source.lstrip().startswith("{") else Path(source).read_text()


def check_keys(settings: Settings) -> None:
    """Raise ValueError if TENGHUAN_JWT_KEYS holds no key set, or if TENGHUAN_JWT_KEYS_URL is not safe to ask."""
    try:
        if text := given_keys(settings):
            key_set(text)
    except (OSError, ValueError, TypeError, KeyError, JoseError) as error:
        raise ValueError(f"TENGHUAN_JWT_KEYS gives no JWK set: {error!r}") from error
    url = urlsplit(settings.jwt_keys_url)
    if settings.jwt_keys_url and url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
        raise ValueError("TENGHUAN_JWT_KEYS_URL must begin with https://; http:// only for this machine")


class SigningKeys:
    """The keys that count for a token: those of the setting first, then those at the provider's address."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._remote: RemoteKeys | None = None

    async def text(self, kid: str | None) -> str:
        """Return the key set that a token's key id belongs to, as JSON text; empty where no key is set.

        Raises ProviderUnavailable where the provider's keys are needed and cannot be had.
        """
        given, url = given_keys(self.settings), self.settings.jwt_keys_url
        if not url or (given and any(key.kid == kid for key in key_set(given))):
            return given
        if self._remote is None or self._remote.url != url:
            self._remote = RemoteKeys(url, self.settings.jwt_keys_refresh_seconds)
        return await self._remote.text(kid)


class RemoteKeys:
    """A key set at an address: fetched by one request at a time, and kept while the provider does not answer."""

    def __init__(
        self,
        url: str,
        refresh_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url, self.refresh_seconds = url, refresh_seconds
        self._transport, self._monotonic = transport, monotonic
        self._text = ""
        self._kids: frozenset[str | None] = frozenset()
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def text(self, kid: str | None) -> str:
        """Return the keys as JSON text, fetched anew when they are old or do not hold `kid`.

        Raises ProviderUnavailable if none were ever fetched, or the last ones are older than an hour.
        """
        if self._due(kid):
            await self._refresh()
        if self._monotonic() - self._fetched_at > STALE_SECONDS:
            raise ProviderUnavailable("暂时取不到统一身份认证的签名公钥，请稍后重试；持续出现请联系管理方")
        return self._text

    def _due(self, kid: str | None) -> bool:
        old = self._monotonic() - self._fetched_at >= self.refresh_seconds
        return old or (kid is not None and kid not in self._kids)

    async def _refresh(self) -> None:
        """Join the fetch under way, or begin one unless the last began a moment ago."""
        pause = RETRY_SECONDS if self._text else FIRST_RETRY_SECONDS
        if self._fetching is None or self._fetching.done():
            if self._monotonic() - self._tried_at < pause:
                return
            self._tried_at = self._monotonic()
            self._fetching = asyncio.create_task(self._fetch(), name="signing keys")
        await asyncio.shield(self._fetching)  # a client that leaves does not end the fetch for the others

    async def _fetch(self) -> None:
        try:
            text = await self._download()
            kids = frozenset(key.kid for key in key_set(text))
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError, JoseError) as error:
            log.warning("signing keys not fetched", error=logs.describe(error))
            return
        self._text, self._kids, self._fetched_at = text, kids, self._monotonic()

    async def _download(self) -> str:
        """Return the answer's text. Raises HTTPError, and ValueError for one over 256 KiB; follows no redirect."""
        async with (
            httpx.AsyncClient(timeout=_FETCH_SECONDS, transport=self._transport) as client,
            client.stream("GET", self.url, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ValueError(f"the provider answers {answer.status_code}")
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _SIZE_LIMIT:
                    raise ValueError("the key set is too large")
        return body.decode()
