"""Ports on loopback for processes that are to come back under the same address."""

import random
import socket

# Below the range from which systems draw the ports of outgoing connections: nobody takes it while its owner restarts.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200
_given: set[int] = set()
"""Promised already, though perhaps nobody listens there yet."""


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, another one with each call. Raises OSError when there is none."""
    for port in random.sample(range(_FIRST, _LAST), _ATTEMPTS):
        if port not in _given and is_free(port, host):
            _given.add(port)
            return port
    raise OSError(f"no free port on {host} between {_FIRST} and {_LAST}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a process could listen on the port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
