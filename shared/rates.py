"""Limits on how many requests of a kind one caller makes in a span of time."""

import math
from functools import lru_cache
from typing import Any, Literal

from shared.clock import wall_seconds
from shared.errors import DomainError
from shared.settings import Settings

Kind = Literal["anonymous", "sign_in_failures", "reads", "acts", "uploads", "exports", "pushes"]
"""Kinds of requests; each has a limit of its own, the field of that name in the setting `rates`."""


class TooManyRequests(DomainError):
    """The caller made all the requests of a kind that it may make for now."""

    status, code, title = 429, "too_many_requests", "请求过于频繁"

    def __init__(self, kind: str, limit: Any, seconds: int) -> None:
        super().__init__(f"请在 {seconds} 秒后重试；此类请求的上限为 {limit.amount} 次每 {limit.get_expiry()} 秒")
        self.headers = {
            "retry-after": str(seconds),
            "ratelimit-policy": f'"{kind}";q={limit.amount};w={limit.get_expiry()}',
            "ratelimit": f'"{kind}";r=0;t={seconds}',
        }


class RateLimiter:
    """Counts requests in the store that the setting `rate_store` names; a sliding window of two counters per caller."""

    def __init__(self, settings: Settings, service: str) -> None:
        from limits.aio.strategies import SlidingWindowCounterRateLimiter
        from limits.storage import storage_from_string

        self._settings, self._service = settings, service
        self._window = SlidingWindowCounterRateLimiter(storage_from_string(settings.rate_store))

    async def count(self, kind: Kind, caller: str) -> None:
        """Count a request of a caller. Raises TooManyRequests for one beyond the limit, which counts for nothing."""
        limit = _limit(getattr(self._settings.rates, kind))
        if limit is not None and not await self._window.hit(limit, self._service, kind, caller):
            raise await self._refusal(kind, limit, caller)

    async def check(self, kind: Kind, caller: str) -> None:
        """Raise TooManyRequests if the caller has no request of the kind left; count none."""
        limit = _limit(getattr(self._settings.rates, kind))
        if limit is not None and not await self._window.test(limit, self._service, kind, caller):
            raise await self._refusal(kind, limit, caller)

    async def _refusal(self, kind: str, limit: Any, caller: str) -> TooManyRequests:
        stats = await self._window.get_window_stats(limit, self._service, kind, caller)
        return TooManyRequests(kind, limit, max(1, math.ceil(stats.reset_time - wall_seconds())))


@lru_cache(maxsize=64)
def _limit(text: str) -> Any:
    """Return the limit that a text such as 1200/minute names; None for an empty one."""
    from limits import parse

    return parse(text) if text else None
