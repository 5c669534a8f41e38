"""Size limits of request bodies, one for each kind of route."""

from typing import ClassVar, Literal

from fastapi import HTTPException, Request, Response
from starlette.types import Message

from shared.web.auth import AdmittingRoute, Handler
from shared.web.rate_kinds import takes_file

_LONGEST_LENGTH = 15


class BodyTooLarge(HTTPException):
    """Refusal of a body beyond the limit of its route; the framework passes on only its own class while it reads."""

    def __init__(self, most_bytes: int) -> None:
        size = f"{most_bytes // 1024} KiB" if most_bytes >= 1024 else f"{most_bytes} 字节"
        super().__init__(413, f"请求内容不得超过 {size}，请精简或分次提交")


class BoundedRoute(AdmittingRoute):
    """A route that reads at most as much of a body as the setting `body_limit` names; one for files counts itself."""

    body_limit: ClassVar[Literal["body_limit_bytes", "json_limit_bytes"]] = "body_limit_bytes"

    def admitted_handler(self) -> Handler:
        handle = super().admitted_handler()
        if takes_file(self):
            return handle

        async def handle_bounded(request: Request) -> Response:
            return await handle(bounded(request, getattr(request.app.state.instance.settings, self.body_limit)))

        return handle_bounded


def bounded(request: Request, most_bytes: int) -> Request:
    """Return the request with a limit on its body: refused at once by its declared length, or while it is read.

    Raises BodyTooLarge. FastAPI's own `max_body_size` answers 413 only after an act that reads no body was done.
    """
    declared = request.headers.get("content-length", "0")
    if len(declared) > _LONGEST_LENGTH or (declared.isdecimal() and int(declared) > most_bytes):
        raise BodyTooLarge(most_bytes)
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > most_bytes:
            raise BodyTooLarge(most_bytes)
        return message

    return Request(request.scope, counted)
