"""Ports on loopback for processes that are to come back under the same address."""

import fcntl
import functools
import os
import random
import socket
import tempfile

# Below the range from which systems draw the ports of outgoing connections: nobody takes it while its owner restarts.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, and that is given to nobody else while this process lives.

    Raises OSError when there is none.
    """
    for port in random.sample(range(_FIRST, _LAST), min(_ATTEMPTS, _LAST - _FIRST)):
        if port not in _given and is_free(port, host) and _promised(port):
            _given.add(port)
            return port
    raise OSError(f"no free port on {host} between {_FIRST} and {_LAST}")


_given: set[int] = set()


def _promised(port: int) -> bool:
    """Whether the port is ours from now on: perhaps nobody listens there yet, or not for the moment."""
    try:
        fcntl.lockf(_promises(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    return True


@functools.cache
def _promises() -> int:
    """A file of which each process locks the bytes whose numbers are its ports."""
    return os.open(f"{tempfile.gettempdir()}/tenghuan-ports-{os.getuid()}", os.O_CREAT | os.O_RDWR, 0o600)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a process could listen on the port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
