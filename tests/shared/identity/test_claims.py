"""The actor that a token's claims name: roles, districts, credit code, and claims that a mapping finds."""

from typing import Any

import pytest

from shared.actors import ROLES, WHOLE_CITY, Actor
from shared.claim_mapping import ClaimMapping
from tests.shared.identity.test_tokens import OWNER, actor, settings, token

CHAOYANG = ("110105",)


@pytest.mark.parametrize(
    ("claims", "role", "roles", "districts", "uscc"),
    [
        ({"roles": ["finance", "auditor"]}, "finance", ("finance", "auditor"), WHOLE_CITY, None),
        ({"roles": ["king", "system", "inspector"]}, "inspector", ("inspector",), WHOLE_CITY, None),
        ({"roles": ["applicant"], "uscc": OWNER}, "applicant", ("applicant",), WHOLE_CITY, OWNER),
        *(
            ({"roles": [role], "district": "110105"}, role, (role,), CHAOYANG, None)
            for role in ("district_officer", "district_supervisor", "district_government")
        ),
        ({"roles": ["district_officer"], "district": "BDA"}, "district_officer", ("district_officer",), ("BDA",), None),
        ({"roles": ["auditor"], "district": "110105", "uscc": OWNER}, "auditor", ("auditor",), WHOLE_CITY, None),
    ],
    ids=str,
)
def test_the_actor_of_a_token(
    claims: dict[str, Any], role: str, roles: tuple[str, ...], districts: tuple[str, ...], uscc: str | None
) -> None:
    assert actor(token(**claims)) == Actor("officer-7", "示例经办", role, districts, uscc, roles)


def test_a_person_without_a_name_is_shown_by_the_account() -> None:
    found = actor(token(name=None))
    assert found is not None
    assert (found.subject, found.name) == ("officer-7", "officer-7")


OFFICES = {
    "applicant": "owner",
    "district_officer": "district",
    "district_supervisor": "district",
    "district_government": "district",
    "city_officer": "city",
    "city_supervisor": "city",
    "finance": "city",
    "inspector": "city",
    "auditor": "city",
}


@pytest.mark.parametrize("first", OFFICES)
def test_two_roles_must_be_of_one_office(first: str) -> None:
    assert {*OFFICES, "system"} == set(ROLES)
    for second, office in OFFICES.items():
        found = actor(token(roles=[first, second], district="110105", uscc=OWNER))
        assert (found is not None) == (office == OFFICES[first]), (first, second)


KEYCLOAK = ClaimMapping(
    roles="realm_access.roles",
    district="org.district",
    name="preferred_username",
    role_values={"fgw-jb": "district_officer", "fgw-fzr": "district_supervisor"},
    district_values={"朝阳": "110105"},
)
"""The example of docs/identity.md."""


@pytest.mark.parametrize(
    ("claims", "roles", "districts", "name"),
    [
        (
            {"realm_access": {"roles": ["fgw-jb", "offline_access"]}, "org": {"district": "朝阳"}},
            ("district_officer",),
            CHAOYANG,
            "officer-7",
        ),
        (
            {"realm_access.roles": ["fgw-jb", "fgw-fzr"], "org.district": "朝阳", "preferred_username": "示例"},
            ("district_officer", "district_supervisor"),
            CHAOYANG,
            "示例",
        ),
        ({"realm_access": {"roles": ["district_officer"]}, "org": {"district": "朝阳"}}, None, None, None),
        ({"realm_access": {"roles": ["fgw-jb"]}, "org": {"district": "110105"}}, None, None, None),
        ({"realm_access": {"roles": ["fgw-jb"]}, "org": "朝阳"}, None, None, None),
        ({"realm_access": ["fgw-jb"], "org": {"district": "朝阳"}}, None, None, None),
        ({"realm_access": {"roles": [["fgw-jb"]]}, "org": {"district": "朝阳"}}, None, None, None),
        ({"roles": ["auditor"]}, None, None, None),
    ],
    ids=str,
)
def test_claims_are_found_where_the_mapping_says(
    claims: dict[str, Any], roles: tuple[str, ...] | None, districts: tuple[str, ...] | None, name: str | None
) -> None:
    found = actor(token(**{"roles": None, "name": None, **claims}), settings(jwt_claims=KEYCLOAK))
    shown = found and (found.roles, found.districts, found.name)
    assert shown == (None if roles is None else (roles, districts, name))
