"""SIGINT and SIGTERM, from a command's first line to its last.

Outside an event loop they raise KeyboardInterrupt. Inside one a handler must not raise: the exception would surface in
whatever callback runs at that moment, and callbacks of uvloop and of child watchers log it and carry on. There they
cancel the main task, or set the event of `stop_event` once the main task waits for it.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar

STOPPED = 130
"""Exit code of a command that a signal stopped."""
_NUMBERS = (signal.SIGINT, signal.SIGTERM)


def exit_on_signals() -> None:
    """End the process at once on a signal: for the imports of a main module, before anything has been started."""
    _install(lambda _number, _frame: os._exit(STOPPED))


@contextmanager
def stop_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on a signal until the block ends; afterwards ignore signals: the process is ending."""
    _Interrupted.yet = False
    _install(_raise)
    try:
        yield
    finally:
        _install(signal.SIG_IGN)


class _Interrupted:
    """The memory of a KeyboardInterrupt, which a destructor or a callback in C may swallow."""

    yet = False


class _Loop:
    """The running main task and what a signal does to it."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.received = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def enter(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self.received:
            self._stop()

    def wait_instead(self) -> None:
        self._task = None

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        task, self._task = self._task, None  # once: a second cancellation would cut the first one's clean-up short
        self.stopping.set()
        if task is not None:
            task.cancel()


_current: _Loop | None = None


def run(main: Coroutine[Any, Any, int], runner: Callable[[Coroutine[Any, Any, int]], int] | None = None) -> int:
    """Run `main`, under uvloop unless told otherwise; return its exit code, or STOPPED when a signal cancelled it."""
    global _current
    if runner is None:
        import uvloop  # after `exit_on_signals`

        runner = uvloop.run
    _current = here = _Loop()
    here.received = _Interrupted.yet

    async def cancellable() -> int:
        here.enter()
        try:
            return await main
        except asyncio.CancelledError:
            if not here.received:
                raise
            return STOPPED

    before = _install(here.on_signal)
    try:
        return runner(cancellable())
    finally:
        _current = None
        _restore(before)


def stop_event() -> asyncio.Event:
    """Return the event that a signal sets, within `run`; from now on a signal no longer cancels the main task."""
    assert _current is not None, "stop_event() outside run()"
    _current.wait_instead()
    return _current.stopping


class _Held:
    """The state of `signals_held`."""

    holding = False
    pending: ClassVar[list[int]] = []


@contextmanager
def signals_held() -> Iterator[None]:
    """Deliver signals at the end of the block: half a start would leave a server that no process knows of."""
    if _Held.holding or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _install(lambda number, _frame: _Held.pending.append(number))
    _Held.holding = True
    try:
        yield
    finally:
        _Held.holding = False
        _restore(before)
        pending = _Held.pending.copy()
        _Held.pending.clear()
        if pending:
            signal.raise_signal(pending[0])


def signal_pending() -> bool:
    """Return whether a signal waits for the end of `signals_held`: a long step may end early."""
    return bool(_Held.pending)


def _raise(_number: int, _frame: FrameType | None) -> None:
    _Interrupted.yet = True
    raise KeyboardInterrupt


_Handler = Callable[[int, FrameType | None], Any] | int | None


def _install(handler: _Handler) -> dict[int, _Handler]:
    """Set the handler of both signals and return those set before; only the main thread may, elsewhere do nothing."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in _NUMBERS}


def _restore(before: dict[int, _Handler]) -> None:
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
