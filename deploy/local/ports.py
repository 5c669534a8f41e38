"""Ports on loopback that stay reserved while their process is restarted."""

import fcntl
import functools
import os
import random
import socket
import tempfile

# Below the range of ephemeral ports: no outgoing connection takes one while its owner restarts.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that no process listens on, reserved for this process while it lives.

    Raises OSError when there is none.
    """
    for port in random.sample(range(_FIRST, _LAST), min(_ATTEMPTS, _LAST - _FIRST)):
        if port not in _given and is_free(port, host) and _reserve(port):
            _given.add(port)
            return port
    raise OSError(f"no free port on {host} between {_FIRST} and {_LAST}")


_given: set[int] = set()


def _reserve(port: int) -> bool:
    """Reserve the port and return True, or return False when another process has reserved it."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    return True


@functools.cache
def _reservations() -> int:
    """Return the file of which each process locks the bytes whose offsets are its ports."""
    return os.open(f"{tempfile.gettempdir()}/tenghuan-ports-{os.getuid()}", os.O_CREAT | os.O_RDWR, 0o600)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a process could listen on the port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
