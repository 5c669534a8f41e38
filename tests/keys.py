"""Bodies of requests for API keys."""

from collections.abc import Sequence
from typing import Any

from shared.web.scopes import scopes_of
from tests import enumeration


def new_key(
    service: str = "intake", *, writes: bool = False, districts: Sequence[str] = ("110000",), **more: Any
) -> dict[str, Any]:
    """Return the body that asks for a key with every scope that reads and, if `writes`, with every one that writes."""
    scopes = [scope for scope in scopes_of(enumeration.app(service).routes) if writes or scope.startswith("read:")]
    return {"name": "示例系统", "districts": list(districts), "scopes": scopes, "reason": "示例接入", **more}
