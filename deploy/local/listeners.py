"""Listening sockets of the services, and their addresses."""

import errno
import socket

from services import SERVICES


class PortTaken(RuntimeError):
    """Another process listens on a port, or the system forbids it."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises PortTaken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be listened on ({error})"
        raise PortTaken(f"{host}:{port} {why}; choose another first port with --port") from error
    listener.listen(512)
    return listener


def bind_all(host: str, first: int) -> dict[str, socket.socket]:
    """Return a socket for each service: first + 1, + 2, …, or any free ports when first is 0. Raises PortTaken."""
    listeners: dict[str, socket.socket] = {}
    try:
        for number, name in enumerate(SERVICES, 1):
            listeners[name] = bind(host, first + number if first else 0)
    except PortTaken:
        for listener in listeners.values():
            listener.close()
        raise
    return listeners


def address(listener: socket.socket, scheme: str = "http") -> str:
    """Return the address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
