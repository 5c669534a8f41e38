"""What eligibility does when something happened elsewhere."""

from shared.contracts.base import Event
from shared.inbox import Handler

HANDLERS: dict[type[Event], Handler] = {}
