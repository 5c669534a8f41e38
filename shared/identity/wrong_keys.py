"""API keys that need not be looked up: those of the wrong form, and those that were refused a moment ago."""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from shared.errors import Unauthenticated

Key = TypeVar("Key")
Value = TypeVar("Value")
_FORM = re.compile(r"th_live_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_MOST = 4096
"""Keys that are remembered, refused and accepted each; some 600 KB."""
_SECONDS = 30.0
"""Time for which a refusal is remembered."""


class WrongKeys:
    """Memory of refused keys, so that a system with a wrong key costs no transaction at each of its tries.

    Keys are kept as digests. An accepted key is remembered by its number, which is no secret: it is looked up even when
    its address has made too many failing tries.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._refused: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._accepted: OrderedDict[str, None] = OrderedDict()

    def check(self, credential: str) -> None:
        """Raise Unauthenticated for a text that is no key, and for a key that was refused a moment ago."""
        if _FORM.fullmatch(credential) is None:
            raise Unauthenticated("接口密钥的格式有误，请核对是否完整")
        until, detail = self._refused.get(_digest(credential), (0.0, ""))
        if until > self._monotonic():
            raise Unauthenticated(detail)

    def was_accepted(self, credential: str) -> bool:
        """Return whether a key of this number was accepted before."""
        return _number(credential) in self._accepted

    def refuse(self, credential: str, detail: str) -> None:
        """Remember for a moment that a key was refused, and why."""
        _remember(self._refused, _digest(credential), (self._monotonic() + _SECONDS, detail))

    def accept(self, credential: str) -> None:
        """Remember the number of an accepted key."""
        _remember(self._accepted, _number(credential), None)


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Set a value as the newest, and forget the oldest beyond the number that is kept."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST:
        memory.popitem(last=False)


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()


def _number(credential: str) -> str:
    found = _FORM.fullmatch(credential)
    return found[1] if found else ""
