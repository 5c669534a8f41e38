"""First of two signatures on a decision whose amount needs a second one. 三（二）"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Mapped

from shared.dates import BEIJING
from shared.errors import WrongStatus


class Signed:
    """Columns of a decision that waits for its second signature. A new draft or review takes the first one away."""

    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    countersign_from_yuan: Mapped[Decimal | None]
    """Amount from which on two have to sign, on the day of the first signature."""

    @property
    def signed_on(self) -> date | None:
        """Day of the first signature in Beijing."""
        return self.signed_at and self.signed_at.astimezone(BEIJING).date()

    def sign(self, subject: str, at: datetime, threshold_yuan: Decimal) -> None:
        """Record the first signature."""
        self.signed_by, self.signed_at, self.countersign_from_yuan = subject, at, threshold_yuan

    def unsign(self) -> None:
        """Take the first signature away: what it stood on is stated anew."""
        self.signed_by = self.signed_at = self.countersign_from_yuan = None

    def expect_unsigned(self) -> None:
        """Raise WrongStatus for a decision that has its first signature."""
        if self.signed_by is not None:
            raise WrongStatus("已有一名市级负责人签发，现待另一名市级负责人加签，不必再次签发", current="signed")

    def expect_signed(self) -> None:
        """Raise WrongStatus for a decision that has no first signature."""
        if self.signed_by is None:
            raise WrongStatus("尚无签发，不能加签；请先由一名市级负责人批准", current="unsigned")
