"""Keys at the provider's address: one fetch at a time, rotation, unknown keys, outages, answers that are no keys."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from pydantic import SecretStr

from shared.identity.signing_keys import ProviderUnavailable, RemoteKeys, SigningKeys, key_set
from shared.settings import Settings

URL = "https://login.invalid/jwks"
OLD, NEW = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")
for each in (OLD, NEW):
    each.ensure_kid()


def jwks(*keys: Key) -> str:
    return json.dumps(KeySet(list(keys)).as_dict(private=False))


class Provider:
    """An identity provider that counts how often it is asked, and a clock that the test sets."""

    def __init__(self, *keys: Key) -> None:
        self.asked, self.seconds = 0, 1000.0
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, text=jwks(*keys))
        self.remote = RemoteKeys(
            "https://login.invalid/jwks", 300, httpx.MockTransport(self._get), lambda: self.seconds
        )

    async def _get(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)
        return self.answer()

    def serves(self, *keys: Key) -> None:
        self.answer = lambda: httpx.Response(200, text=jwks(*keys))

    async def kids(self, asked: Key | None = None, later: float = 0) -> set[str | None] | None:
        """Return the ids of the keys that count for a token of a key, None where there are none for now."""
        self.seconds += later
        try:
            return {key.kid for key in key_set(await self.remote.text(str(asked.kid) if asked else None))}
        except ProviderUnavailable:
            return None


async def test_keys_are_fetched_once_and_again_when_they_are_old() -> None:
    provider = Provider(OLD)
    assert await asyncio.gather(*(provider.kids(OLD) for _ in range(20))) == [{OLD.kid}] * 20
    assert provider.asked == 1
    assert (await provider.kids(OLD, 299.9), provider.asked) == ({OLD.kid}, 1)
    provider.serves(NEW)
    assert (await provider.kids(OLD, 0.1), provider.asked) == ({NEW.kid}, 2), "a withdrawn key counts no longer"


async def test_an_unknown_key_leads_to_a_fetch_at_most_every_30_seconds() -> None:
    provider = Provider(OLD)
    await provider.kids(OLD)
    provider.serves(OLD, NEW)
    assert (await provider.kids(NEW, 29.9), provider.asked) == ({OLD.kid}, 1)
    assert (await provider.kids(NEW, 0.1), provider.asked) == ({OLD.kid, NEW.kid}, 2)
    stranger = OKPKey.generate_key("Ed25519")
    stranger.ensure_kid()
    for _ in range(9):
        await provider.kids(stranger, 3)
    assert provider.asked == 2
    await provider.kids(stranger, 3)
    assert provider.asked == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"location": "https://elsewhere.invalid"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text="{}"),
        httpx.Response(200, text='{"keys": []}'),
        httpx.Response(200, text='{"keys": [5]}'),
        httpx.Response(200, text="[]"),
        httpx.Response(200, text=jwks(OLD) + " " * 262_144),
    ],
    ids=["500", "redirect", "page", "no keys", "empty", "number", "list", "256 KiB"],
)
async def test_an_outage_keeps_the_last_keys_for_an_hour(answer: httpx.Response) -> None:
    provider = Provider(OLD)
    await provider.kids(OLD)
    provider.answer = lambda: answer
    assert (await provider.kids(OLD, 300), provider.asked) == ({OLD.kid}, 2)
    assert (await provider.kids(OLD, 29), provider.asked) == ({OLD.kid}, 2)
    assert (await provider.kids(OLD, 3271), provider.asked) == ({OLD.kid}, 3)
    assert await provider.kids(OLD, 0.1) is None
    provider.serves(NEW)
    assert await provider.kids(NEW, 30) == {NEW.kid}


async def test_without_any_key_yet_the_provider_is_asked_every_two_seconds() -> None:
    provider = Provider()

    def away() -> httpx.Response:
        raise httpx.ConnectError("away")

    provider.answer = away
    assert (await provider.kids(OLD), provider.asked) == (None, 1)
    assert (await provider.kids(OLD, 1.9), provider.asked) == (None, 1)
    provider.serves(OLD)
    assert (await provider.kids(OLD, 0.1), provider.asked) == ({OLD.kid}, 2)


async def test_a_client_that_leaves_does_not_end_the_fetch() -> None:
    provider = Provider(OLD)
    leaving = asyncio.create_task(provider.kids(OLD))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await provider.kids(OLD), provider.asked) == ({OLD.kid}, 1)


def weak_rsa() -> Key:
    with pytest.warns(match="2048"):
        return RSAKey.generate_key(1024)


def test_only_public_keys_that_may_sign_count() -> None:
    good: list[Key] = [RSAKey.generate_key(2048), OLD, NEW]
    encrypting = RSAKey.generate_key(2048, {"use": "enc"})
    text = jwks(*good, encrypting, OctKey.generate_key(256), weak_rsa())
    secret = OctKey.generate_key(256).as_dict(private=True)
    both = json.loads(text)
    both["keys"].append(secret)
    assert {key.kid for key in key_set(json.dumps(both))} == {key.kid for key in good}


async def test_keys_of_the_setting_count_beside_those_of_the_address() -> None:
    keys = SigningKeys(Settings(jwt_keys=SecretStr(jwks(OLD)), jwt_keys_url=URL))
    provider = Provider(NEW)
    keys._remote = provider.remote
    assert (await keys.text(str(OLD.kid)), provider.asked) == (jwks(OLD), 0)
    assert (await keys.text(str(NEW.kid)), provider.asked) == (jwks(NEW), 1)
    assert await SigningKeys(Settings()).text("x") == ""
