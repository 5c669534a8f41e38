"""Profile of the load, and the endpoints of the suite."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.demo.personas import Signer
from shared.settings import Settings


@dataclass(frozen=True)
class Endpoints:
    """Address of every service by name, and the signer and settings for tokens."""

    addresses: Mapping[str, str]
    signer: Signer
    settings: Settings
    broker_losses: list[float] = field(default_factory=list)
    """Moments of the monotonic clock at which a broker was back without its data: unanswered updates are sent again."""


@dataclass(frozen=True)
class LoadProfile:
    """Arrivals per second and their properties. The defaults suit a shared machine with 2 cores."""

    pushes_per_second: float = 1.55
    """Pushes to district registers; each row is a case, each version of a row an event."""
    rows_per_push: tuple[int, int] = (300, 800)
    new_rows_share: float = 0.15
    """Share of the pushes that bring new rows. The others change existing rows."""
    hot_share: float = 0.25
    """Share of the changing pushes that two or three systems send at once about the same rows."""
    hot_rows: int = 150
    """Rows of a district that all its hot pushes change."""
    topic_share: float = 0.2
    """Share of the pushes sent by the topic, where the suite has a broker."""
    districts: int = 4
    """Districts that push; few, so that their pushes collide."""
    declarations_per_second: float = 0.2
    decision_interval_seconds: float = 20.0
    """Interval of decision rounds; each decides all waiting cases at once against too small a budget."""
    decision_min_cases: int = 1
    """Cases that must wait for the same step before a round decides on it, unless all cases wait."""
    cases_per_plan: tuple[int, int] = (1, 3)
    funded_share: float = 0.6
    """Supplement to the budget in each round, as a share of the amounts that wait."""
    resent_share: float = 0.15
    """Share of the commands sent twice: half with the same body, half with another under the same key."""
    attempt_seconds: float = 30.0
    """Timeout of an attempt; the next one has the same key."""
    waiting_seconds: float = 45.0
    """Longest wait of a case for an event of another service before it stops."""
    patience_seconds: float = 120.0
    """Time for which work may continue after the last arrival; a command unanswered then stays unanswered."""
