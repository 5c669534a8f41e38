"""Operations that demand the version that was read."""

from fastapi.routing import APIRoute

from shared.web.headers import REQUIRED


def demands_version(route: APIRoute) -> bool:
    """Return whether an operation refuses a request without If-Match."""
    return any(
        field.alias == "if-match" and (field.field_info.json_schema_extra or {}).get(REQUIRED)  # type: ignore[union-attr]
        for field in route.dependant.header_params
    )
