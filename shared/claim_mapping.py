"""Places of the claims that the suite reads in the tokens of the identity provider."""

from pydantic import BaseModel, ConfigDict, Field


class ClaimMapping(BaseModel):
    """Places of the claims that the suite needs, as the identity provider has them.

    A name with dots that is no claim itself leads into nested claims: `realm_access.roles`.
    """

    model_config = ConfigDict(extra="forbid")

    roles: str = "roles"
    district: str = "district"
    uscc: str = "uscc"
    name: str = "name"
    role_values: dict[str, str] = Field(default_factory=dict)
    """The provider's roles and what they are called here; others count for nothing. Empty: they have the same names."""
    district_values: dict[str, str] = Field(default_factory=dict)
    """The same for districts: the provider's value and the district's code."""
