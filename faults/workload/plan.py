"""What is asked of the suite, how often, and the way in."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.demo.personas import Signer
from shared.settings import Settings


@dataclass(frozen=True)
class Suite:
    """The way in: the address of every service by its name, and who signs the tokens it accepts."""

    addresses: Mapping[str, str]
    signer: Signer
    settings: Settings


@dataclass(frozen=True)
class Plan:
    """Arrivals a second, and what they are like. The defaults are what a shared machine with 2 cores carries."""

    pushes_per_second: float = 1.55
    """Pushes of the districts' books; each row is a case, each version of it an event."""
    rows_per_push: tuple[int, int] = (300, 800)
    fresh_share: float = 0.15
    """Of the pushes: those that bring new rows. The others change rows that are there."""
    hot_share: float = 0.25
    """Of the changing pushes: those that two districts' systems send at once about the same rows."""
    hot_rows: int = 150
    """So many rows of a district are changed by all of its hot pushes."""
    topic_share: float = 0.2
    """Of the pushes: those that go by the topic, where the suite has a broker."""
    districts: int = 4
    """So many districts push; few, so that their pushes meet."""
    declarations_per_second: float = 0.2
    volley_seconds: float = 20.0
    """What waits for approval is approved at once every so often, against a budget that is too small for all of it."""
    volley_least: int = 1
    """So many cases must wait for the same step, unless all cases wait."""
    cases_per_plan: tuple[int, int] = (1, 3)
    funded_share: float = 0.6
    """Each volley brings a supplement to the budget of about so much of what waits."""
    resent_share: float = 0.15
    """Of the commands: those sent twice. Half with the same body, half with another under the same key."""
    attempt_seconds: float = 30.0
    """An attempt without an answer for so long is given up, and made again under the same key."""
    waiting_seconds: float = 45.0
    """So long a case waits for news from another service before it gives up."""
    patience_seconds: float = 120.0
    """So long after the last arrival what is under way may take; a command unanswered then stays unanswered."""
