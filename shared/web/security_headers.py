"""Headers that tell browsers and caches to be careful, on every answer whatever made it."""

import base64
import hashlib
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS: Mapping[str, str] = {
    "content-security-policy": _NOTHING,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Sent unless the answer sets its own. Answers are personal unless a route says otherwise, so nothing is stored."""
STATIC = {"cache-control": "public, max-age=3600"}
"""For pages and files that are the same for everybody."""
TRANSPORT = "max-age=31536000"
"""One year of https alone; sent over https, as browsers ignore it elsewhere."""
_RAW = [(name.encode(), value.encode()) for name, value in ALWAYS.items()]
_OVER_HTTPS = [*_RAW, (b"strict-transport-security", TRANSPORT.encode())]
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def of_page(html: str) -> dict[str, str]:
    """Return the headers of a page that everybody may read: its own inline scripts, files of this service, no others.

    Styles may stand in the page: Swagger UI sets some while it runs.
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    scripts = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    own = f"script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
    return {**STATIC, "content-security-policy": f"{_NOTHING}; {own}"}


class SecurityHeaders:
    """ASGI layer that adds the headers to every answer, those to errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name for name, _ in own}
                added = _OVER_HTTPS if scope.get("scheme") == "https" else _RAW
                message["headers"] = own + [header for header in added if header[0] not in names]
            await send(message)

        await self.app(scope, receive, send_with_headers)
