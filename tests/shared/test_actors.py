"""Actors: the role in which one acts, what a key's row gives its holder, and key and signature texts."""

import hashlib
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shared.actors import (
    WHOLE_CITY,
    Actor,
    hash_secret,
    key_holder,
    new_api_key,
    signature,
    system_actor,
)
from shared.districts import DISTRICTS
from shared.errors import Forbidden

SCOPES = frozenset({"read:events"})
BOTH = Actor("s-1", "示例", "finance", ("110105", "BDA"), "91110000600037341L", ("finance", "auditor"), SCOPES)


@pytest.mark.parametrize(
    ("roles", "allowed", "acting"),
    [
        (("finance", "auditor"), ("finance",), "finance"),
        (("finance", "auditor"), ("auditor", "finance"), "auditor"),
        (("finance", "auditor"), ("inspector", "auditor"), "auditor"),
        (("finance", "auditor"), ("inspector", "city_officer"), None),
        ((), ("finance", "auditor"), "finance"),
        ((), ("auditor",), None),
    ],
)
def test_one_acts_in_the_first_allowed_role_that_one_holds(
    roles: tuple[str, ...], allowed: tuple[str, ...], acting: str | None
) -> None:
    who = Actor(BOTH.subject, BOTH.name, BOTH.role, BOTH.districts, BOTH.uscc, roles, BOTH.scopes)
    if acting is None:
        with pytest.raises(Forbidden, match="需要以下角色之一"):
            who.as_role(allowed)
    else:
        expected = Actor("s-1", "示例", acting, ("110105", "BDA"), "91110000600037341L", roles, BOTH.scopes)
        assert who.as_role(allowed) == expected


def test_a_refusal_names_every_role_that_would_do() -> None:
    with pytest.raises(Forbidden, match=r"^需要以下角色之一：审计、市发展改革委负责人$"):
        system_actor("intake").as_role(("auditor", "city_supervisor"))


def test_a_scope_is_demanded_of_keys_alone() -> None:
    system_actor("intake").check_scope("write:resources")
    BOTH.check_scope("read:events")
    BOTH.check_scope(None)
    with pytest.raises(Forbidden, match="write:resources"):
        BOTH.check_scope("write:resources")


def test_a_service_acts_as_a_system_in_the_whole_city() -> None:
    assert system_actor("funding") == Actor("service:funding", "funding", "system", WHOLE_CITY)
    assert set(WHOLE_CITY) == {*DISTRICTS, "110000"}
    assert len(DISTRICTS) == 17


@pytest.mark.parametrize(
    ("given", "districts"),
    [(["110000"], WHOLE_CITY), (["110105", "BDA"], ("110105", "BDA")), (["110000", "110105"], WHOLE_CITY), ([], ())],
)
def test_the_holder_of_a_key_has_its_districts_and_scopes(given: list[str], districts: tuple[str, ...]) -> None:
    issued, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)
    row = SimpleNamespace(
        id="0123456789ab", name="示例看板", districts=given, scopes=["read:events"], created_at=issued, expires_at=end
    )
    holder = key_holder(row)
    assert holder == Actor("key:0123456789ab", "示例看板", "system", districts, None, (), SCOPES)
    assert holder.sign_in == ("0123456789ab", issued, end)


def test_a_new_key_is_its_id_and_a_secret_of_which_the_hash_is_kept() -> None:
    key_id, text, kept = new_api_key()
    match = re.fullmatch(r"th_live_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", text)
    assert match is not None
    assert (match[1], hashlib.sha256(match[2].encode()).digest()) == (key_id, kept)
    assert new_api_key()[1] != text


def test_a_signature_is_the_hmac_by_the_secret_s_hash() -> None:
    """Compare with `printf content | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(sha256 of the secret)`."""
    assert hash_secret("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert signature(hash_secret("abc"), b"content") == SIGNED


SIGNED = "5ccea9ccdbce4d2b5cccf29ae1110aafd07869265f1dbdeca07be91fb26fc05a"
