"""Calendar dates in law: Beijing's time zone."""

from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
