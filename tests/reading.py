"""What a person reads before an act: the address of the record whose ETag the act demands."""

import re

from fastapi.routing import APIRoute

from shared.web.headers import REQUIRED

SHOWN_IN_THE_APPLICATION = {
    "release-requests": "release_request",
    "clawback-requests": "clawback_request",
    "interest-statements": "interest_statement",
    "returns": "money_return",
}
"""Collections of funding whose rows are read as part of their application, with their tables."""
_PART = re.compile(rf"/v1/({'|'.join(SHOWN_IN_THE_APPLICATION)})/([^/]+)/[a-z]+")


def demands_version(route: APIRoute) -> bool:
    """Return whether an operation refuses a request without If-Match."""
    return any(
        field.alias == "if-match" and (field.field_info.json_schema_extra or {}).get(REQUIRED)  # type: ignore[union-attr]
        for field in route.dependant.header_params
    )


def part_of_application(path: str) -> tuple[str, str] | None:
    """Return table and id of the row that an act names, if it is read as part of its application."""
    found = _PART.fullmatch(path)
    return (SHOWN_IN_THE_APPLICATION[found[1]], found[2]) if found else None


def record_read_before(method: str, path: str) -> str:
    """Return the address of the record that an act on it, or an edit of it, names in its path."""
    if method in ("PUT", "PATCH", "DELETE"):
        return path.removesuffix("/first-review")
    return path.replace("/v1/budgets/", "/v1/appropriations/").rpartition("/")[0]
