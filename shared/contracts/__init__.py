"""Events that services exchange, the only interface between them."""

from shared.contracts import eligibility, funding, intake, monitoring
from shared.contracts.base import Event, Hand, event_class, event_types

__all__ = ["Event", "Hand", "eligibility", "event_class", "event_types", "funding", "intake", "monitoring"]
